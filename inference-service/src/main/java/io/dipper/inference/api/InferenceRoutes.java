package io.dipper.inference.api;

import static org.springframework.http.HttpMethod.GET;
import static org.springframework.http.HttpMethod.POST;

import io.dipper.inference.answer.ChatCompletions;
import io.dipper.inference.answer.Completions;
import io.dipper.inference.host.ModelHost;
import io.dipper.inference.host.Proofs;
import io.dipper.inference.web.RouteTable;

/// The paths of this service. `/health`, `/health/ready` and `/metrics` are every service's.
public final class InferenceRoutes {
    private InferenceRoutes() {}

    /// Adds them all.
    public static RouteTable addTo(
            RouteTable table, ModelHost host, Proofs proofs, ChatCompletions chat, Completions completions) {
        var models = new ModelsApi(host);
        var tokens = new TokensApi(host);
        var hosted = new HostApi(host);
        return table.add(POST, "/v1/chat/completions", chat::complete)
                .add(POST, "/v1/chat/completions/render", chat::render)
                .add(POST, "/v1/completions", completions::complete)
                .add(GET, "/v1/models", models::list)
                .add(GET, "/v1/models/{*id}", models::one)
                .add(POST, "/tokenize", tokens::tokenize)
                .add(POST, "/detokenize", tokens::detokenize)
                .add(GET, "/api/inference/models", hosted::list)
                .add(POST, "/api/inference/models/{id}/load", hosted::load)
                .add(POST, "/api/inference/models/{id}/unload", hosted::unload)
                .add(POST, "/api/inference/prove", new ProofApi(proofs)::prove);
    }
}
