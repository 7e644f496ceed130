package io.dipper.inference.host;

import io.dipper.servicesupport.registry.EndpointLeases;
import io.dipper.servicesupport.registry.RegistryClient;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;

/// Keeps the registry told of this instance's models from the moment its port is known.
public final class LeaseKeeper implements ApplicationListener<WebServerInitializedEvent>, AutoCloseable {
    private final RegistryClient registry;
    private final ModelHost host;
    private final String url;
    private @Nullable EndpointLeases leases;

    /// Tells the registry `url`, or if that is blank, this host's own address with the port that was
    /// opened.
    public LeaseKeeper(RegistryClient registry, ModelHost host, String url) {
        this.registry = registry;
        this.host = host;
        this.url = url;
    }

    @Override
    public void onApplicationEvent(WebServerInitializedEvent event) {
        String own = url.isBlank() ? "http://127.0.0.1:" + event.getWebServer().getPort() : url;
        leases = EndpointLeases.start(registry, new Leases(host, own)::current);
        host.whenChanged(leases::changed);
    }

    @Override
    public void close() {
        if (leases != null) {
            leases.close();
        }
    }
}
