package io.dipper.gateway.routing;

import java.util.List;

/// A server elsewhere that speaks OpenAI's protocol, with the models that the settings name.
public final class UrlBackend implements Backend {

    private final List<Endpoint> endpoints;

    public UrlBackend(String name, BackendSettings settings) {
        String url = RoutingConfiguration.withoutSlash(settings.url());
        // Paths are passed on as they come, with their /v1.
        String base = url.endsWith("/v1") ? url.substring(0, url.length() - "/v1".length()) : url;
        this.endpoints = settings.models().stream()
                .map(model -> new Endpoint(
                        "backend:" + name + ":" + model, model, base, settings.apiKey(), Endpoint.State.READY, 0))
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
    public void close() {}
}
