package io.dipper.benchmark.web;

import io.dipper.benchmark.load.Gateway;
import io.dipper.servicesupport.home.DipperHome;
import io.dipper.servicesupport.home.SecretFile;
import io.dipper.servicesupport.http.ServiceToken;
import java.net.URI;
import java.util.function.Supplier;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/// How this service reaches the gateway: as its users do, with a key of their kind.
@Configuration(proxyBeanMethods = false)
public class GatewayConfiguration {
    /// The key is `dipper.gateway.key`, else the first admin key where the home has it, else the
    /// services' own token. It is looked up for each run: on a first start the gateway writes it
    /// after this service has started.
    @Bean
    Supplier<Gateway> gateways(
            @Value("${dipper.gateway.url:http://127.0.0.1:8080}") String url,
            @Value("${dipper.gateway.key:}") String key,
            DipperHome home,
            ServiceToken token) {
        URI base = URI.create(url);
        return () -> new Gateway(
                base, key.isBlank() ? SecretFile.read(home.adminKey()).orElse(token.value()) : key);
    }
}
