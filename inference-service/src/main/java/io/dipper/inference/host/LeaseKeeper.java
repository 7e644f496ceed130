package io.dipper.inference.host;

import io.dipper.servicesupport.registry.EndpointLeases;
import io.dipper.servicesupport.registry.RegistryClient;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.event.ContextClosedEvent;

/// Keeps the registry told of this instance's models, from the moment its port is known: they drain
/// as soon as the service is told to stop, and are withdrawn when no request is in flight any more.
public final class LeaseKeeper implements ApplicationListener<ApplicationEvent>, SmartLifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

    private final RegistryClient registry;
    private final ModelHost host;
    private final String url;
    private final InetAddress bound;
    private @Nullable Leases own;
    private @Nullable EndpointLeases leases;

    /// Tells the registry `url`, or if that is blank, the address that the port is `bound` to;
    /// where that is every address of this machine, the one that its name has.
    public LeaseKeeper(RegistryClient registry, ModelHost host, String url, InetAddress bound) {
        this.registry = registry;
        this.host = host;
        this.url = url;
        this.bound = bound;
    }

    @Override
    public void onApplicationEvent(ApplicationEvent event) {
        switch (event) {
            case WebServerInitializedEvent opened ->
                begin(
                        url.isBlank()
                                ? "http://" + address() + ":"
                                        + opened.getWebServer().getPort()
                                : url);
            case ContextClosedEvent _ -> announceEnd();
            default -> {
                // Nothing that others need to know.
            }
        }
    }

    private void begin(String reached) {
        own = new Leases(host, reached);
        EndpointLeases told = EndpointLeases.start(registry, own::current);
        leases = told;
        host.whenChanged(_ -> told.changed());
    }

    private void announceEnd() {
        if (own != null && leases != null) {
            own.drain();
            leases.changed();
        }
    }

    private String address() {
        InetAddress address = bound;
        if (bound.isAnyLocalAddress()) {
            try {
                address = InetAddress.getLocalHost();
            } catch (UnknownHostException e) {
                LOG.warn("this machine's name has no address; set dipper.inference.url", e);
                address = InetAddress.getLoopbackAddress();
            }
        }
        String text = address.getHostAddress();
        return text.contains(":") ? "[" + text + "]" : text;
    }

    @Override
    public void start() {
        // The port is not known yet.
    }

    @Override
    public void stop() {
        if (leases != null && own != null) {
            if (own.haveSuccessor()) {
                leases.leave();
            } else {
                leases.close();
            }
            leases = null;
        }
    }

    @Override
    public boolean isRunning() {
        return leases != null;
    }

    /// After requests in flight have finished, before the event loops stop.
    @Override
    public int getPhase() {
        return Integer.MAX_VALUE - 1;
    }
}
