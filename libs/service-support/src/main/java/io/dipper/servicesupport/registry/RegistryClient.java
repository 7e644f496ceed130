package io.dipper.servicesupport.registry;

import io.dipper.servicesupport.http.RequestIdFilter;
import io.dipper.servicesupport.http.ServiceToken;
import java.time.Duration;
import java.util.List;
import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.client.reactive.ReactorClientHttpConnector;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.HttpClient;

/// The registry as other services see it. Faults arrive as `WebClientException`s.
public final class RegistryClient {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final ParameterizedTypeReference<Page<EndpointLease>> LEASES = new ParameterizedTypeReference<>() {};

    private final WebClient http;

    public RegistryClient(HttpClient http, String url, ServiceToken token) {
        this.http = WebClient.builder()
                .clientConnector(new ReactorClientHttpConnector(http.responseTimeout(LIMIT)))
                .baseUrl(url)
                .defaultHeaders(headers -> headers.setBearerAuth(token.value()))
                .filter(passRequestId())
                .build();
    }

    /// All leases that hold now, and those that ran out a moment ago.
    public Mono<List<EndpointLease>> endpoints() {
        return http.get()
                .uri("/api/registry/endpoints?away=true")
                .retrieve()
                .bodyToMono(LEASES)
                .map(Page::data);
    }

    public Mono<Void> putEndpoint(EndpointLease lease) {
        return http.put()
                .uri("/api/registry/endpoints/{id}", lease.id())
                .bodyValue(lease)
                .retrieve()
                .toBodilessEntity()
                .then();
    }

    public Mono<Void> deleteEndpoint(String id) {
        return http.delete()
                .uri("/api/registry/endpoints/{id}", id)
                .retrieve()
                .toBodilessEntity()
                .then();
    }

    /// Where a model's files for a target are.
    public Mono<ModelExport> export(String model, String target) {
        return http.get()
                .uri("/api/registry/models/{name}/export?target={target}", model, target)
                .retrieve()
                .bodyToMono(ModelExport.class);
    }

    private static ExchangeFilterFunction passRequestId() {
        return (request, next) -> Mono.deferContextual(context -> next.exchange(ClientRequest.from(request)
                .header(RequestIdFilter.HEADER, RequestIdFilter.idOf(context))
                .build()));
    }

    public record ModelExport(String folder, String checkpointFolder, String state) {
        private static final String FAILED = "FAILED";

        /// Whether its proof was made, and failed.
        public boolean provenWrong() {
            return state.equals(FAILED);
        }
    }

    record Page<T>(List<T> data) {}
}
