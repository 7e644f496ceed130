package io.dipper.registry.proofs;

import io.dipper.registry.catalogue.ModelFolders;
import io.dipper.registry.endpoints.EndpointStore;
import io.dipper.servicesupport.http.ServiceToken;
import java.time.Duration;
import java.util.Optional;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.Environment;
import reactor.netty.http.client.HttpClient;

/// Proofs: their rows and the thread that asks for them.
@Configuration(proxyBeanMethods = false)
@Import(ProofStore.class)
public class ProofConfiguration {
    @Bean
    ProofSettings proofSettings(
            Environment environment,
            @Value("${dipper.registry.proof-interval:5s}") Duration interval,
            @Value("${dipper.registry.proof-limit:10m}") Duration limit) {
        Optional<String> url = Optional.ofNullable(environment.getProperty("dipper.inference.url"))
                .filter(text -> !text.isBlank());
        return new ProofSettings(interval, limit, url);
    }

    @Bean
    ProofRunner proofRunner(
            ProofStore store,
            EndpointStore endpoints,
            ModelFolders folders,
            HttpClient http,
            ServiceToken token,
            ProofSettings settings) {
        return new ProofRunner(store, endpoints, folders, new Prover(http, token, settings.limit()), settings);
    }
}
