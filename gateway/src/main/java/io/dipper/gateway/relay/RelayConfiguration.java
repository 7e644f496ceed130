package io.dipper.gateway.relay;

import io.dipper.gateway.GatewaySettings;
import io.dipper.gateway.routing.Router;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.util.concurrent.TimeUnit;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import reactor.netty.http.client.HttpClient;

/// What passes requests on.
@Configuration(proxyBeanMethods = false)
@Import(RelayController.class)
public class RelayConfiguration {

    @Bean
    Upstream upstream(HttpClient http) {
        return new Upstream(http);
    }

    /// A write that a client does not take in time closes its connection, whatever waits behind it.
    @Bean
    NettyServerCustomizer stalledClients(GatewaySettings settings) {
        long limitMs = settings.stalled().toMillis();
        return server -> server.doOnConnection(
                connection -> connection.addHandlerLast(new WriteTimeoutHandler(limitMs, TimeUnit.MILLISECONDS)));
    }

    @Bean
    KeyLimits keyLimits(GatewaySettings settings) {
        return new KeyLimits(settings);
    }

    @Bean
    Relay relay(Router router, GatewaySettings settings, MeterRegistry meters) {
        return new Relay(router, settings, new RelayMeters(meters));
    }
}
