package io.dipper.gateway.routing;

import io.dipper.gateway.GatewaySettings;
import io.dipper.gateway.relay.Upstream;
import io.dipper.servicesupport.backend.Backend;
import io.dipper.servicesupport.backend.BackendModules;
import io.dipper.servicesupport.http.Readiness;
import io.dipper.servicesupport.http.ServiceToken;
import io.dipper.servicesupport.registry.RegistryClient;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.Environment;
import reactor.netty.http.client.HttpClient;

/// Where requests can go: the registry's leases, backends that other modules bring as beans, and the
/// servers of the settings.
@Configuration(proxyBeanMethods = false)
@Import(BackendModules.class)
public class RoutingConfiguration {

    @Bean
    GatewaySettings gatewaySettings(Environment environment) {
        return GatewaySettings.from(environment);
    }

    @Bean
    HttpExchange httpExchange(Upstream upstream) {
        return new HttpExchange(upstream);
    }

    @Bean
    LeasedBackend leasedBackend(
            HttpClient http,
            HttpExchange exchange,
            @Value("${dipper.registry.url:http://127.0.0.1:8082}") String url,
            ServiceToken token,
            Readiness readiness) {
        return new LeasedBackend(
                new RegistryClient(http, withoutSlash(url), token), exchange, token.value(), readiness);
    }

    /// The event loops stop before beans are destroyed: polling has to end before them.
    @Bean
    ApplicationListener<ContextClosedEvent> endOfPolling(LeasedBackend leased) {
        return _ -> leased.close();
    }

    @Bean
    Router router(
            LeasedBackend leased,
            ObjectProvider<Backend> others,
            HttpExchange http,
            Environment environment,
            GatewaySettings settings,
            MeterRegistry meters) {
        List<Backend> backends = new ArrayList<>();
        backends.add(leased);
        others.orderedStream().filter(backend -> backend != leased).forEach(backends::add);
        Map<String, BackendSettings> configured = Binder.get(environment)
                .bind("dipper.backends", Bindable.mapOf(String.class, BackendSettings.class))
                .orElse(Map.of());
        configured.forEach((name, backend) -> {
            backend.check(name);
            backends.add(new UrlBackend(name, backend, http));
        });
        return new Router(backends, settings, meters);
    }

    static String withoutSlash(String url) {
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }
}
