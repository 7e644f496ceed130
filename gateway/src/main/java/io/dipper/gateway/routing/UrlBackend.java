package io.dipper.gateway.routing;

import io.dipper.servicesupport.backend.Backend;
import io.dipper.servicesupport.backend.Call;
import io.dipper.servicesupport.backend.Endpoint;
import io.dipper.servicesupport.backend.Reply;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// A server elsewhere that speaks OpenAI's protocol, with the models that the settings name.
final class UrlBackend implements Backend {

    private final HttpExchange http;
    private final String base;
    private final @Nullable String apiKey;
    private final List<Endpoint> endpoints;

    UrlBackend(String name, BackendSettings settings, HttpExchange http) {
        this.http = http;
        this.apiKey = settings.apiKey();
        String url = RoutingConfiguration.withoutSlash(settings.url());
        // Paths are passed on as they come, with their /v1.
        this.base = url.endsWith("/v1") ? url.substring(0, url.length() - "/v1".length()) : url;
        long now = Instant.now().getEpochSecond();
        this.endpoints = settings.models().stream()
                .map(model -> new Endpoint(
                        "backend:" + name + ":" + model,
                        model,
                        name,
                        Endpoint.State.READY,
                        0,
                        now,
                        settings.maxModelLen()))
                .toList();
    }

    @Override
    public List<Endpoint> endpoints() {
        return endpoints;
    }

    @Override
    public boolean isKnown() {
        return true;
    }

    @Override
    public Mono<Void> exchange(Endpoint endpoint, Call call, Function<Reply, Mono<Void>> reader) {
        return http.to(base, apiKey, call, reader);
    }
}
