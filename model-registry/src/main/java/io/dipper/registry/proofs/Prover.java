package io.dipper.registry.proofs;

import io.dipper.servicesupport.http.ServiceToken;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.netty.http.client.HttpClient;

/// An inference-service, asked to run a checkpoint and compare: the registry has no runtime of its
/// own.
final class Prover {
    private static final ParameterizedTypeReference<Map<String, Object>> REPORT = new ParameterizedTypeReference<>() {};

    private final WebClient http;
    private final Duration limit;

    Prover(HttpClient http, ServiceToken token, Duration limit) {
        this.http = WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(http.responseTimeout(limit)))
                .defaultHeaders(headers -> headers.setBearerAuth(token.value()))
                .build();
        this.limit = limit;
    }

    /// The prover's report, whose `verdict` says what it found. Trouble of any kind is an
    /// exception.
    Map<String, Object> prove(String url, Path checkpointFolder, String target) {
        return http.post()
                .uri(url.replaceAll("/+$", "") + "/api/inference/prove")
                .bodyValue(Map.of("folder", checkpointFolder.toString(), "target", target))
                .retrieve()
                .bodyToMono(REPORT)
                .blockOptional(limit)
                .orElse(Map.of());
    }
}
