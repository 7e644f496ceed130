package io.dipper.registry.catalogue;

import java.util.List;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/// The facts of a design that models are searched and compared by.
///
/// @param parametersActive that a token meets, embeddings and head included
/// @param attentionKinds that occur, sorted: chunked, full, linear, mla, sliding
/// @param experts null for a dense model
/// @param kvBytesPerToken by which the cache grows with each token, at two bytes a value
/// @param kvBytesMax of the cache at the longest context
public record Architecture(
        String family,
        String modelType,
        int layers,
        int hiddenSize,
        int vocabulary,
        int contextLength,
        long parametersTotal,
        long parametersActive,
        Experts experts,
        List<String> attentionKinds,
        long kvBytesPerToken,
        long kvBytesMax,
        boolean tied,
        String positional,
        String normPlacement,
        String normKind,
        String qkNorm) {
    /// Of `routed` experts a token meets `used`.
    public record Experts(int routed, int used) {}

    public Architecture {
        attentionKinds = List.copyOf(attentionKinds);
    }

    /// Picks from what `Facts` says; a fact that is not there is a fault of ours.
    public static Architecture of(JsonNode facts, String modelType) {
        var kinds = new TreeSet<String>();
        required(facts, "attention_kind_per_layer").forEach(kind -> kinds.add(kind.stringValue()));
        JsonNode experts = required(facts, "experts");
        JsonNode cache = required(facts, "kv_cache");
        return new Architecture(
                required(facts, "family").stringValue(),
                modelType,
                required(facts, "layers").intValue(),
                required(facts, "hidden_size").intValue(),
                required(facts, "vocabulary").intValue(),
                required(cache, "max_context").intValue(),
                required(facts, "text_parameters_total").longValue(),
                required(required(facts, "text_parameters_active_per_token"), "with_embeddings_and_head")
                        .longValue(),
                experts.isNull()
                        ? null
                        : new Experts(
                                required(experts, "routed").intValue(),
                                required(experts, "used").intValue()),
                List.copyOf(kinds),
                required(facts, "kv_cache_bytes_per_token_bf16").longValue(),
                required(cache, "total_bytes_max").longValue(),
                required(facts, "tied").booleanValue(),
                required(required(facts, "positional"), "scheme").stringValue(),
                required(facts, "norm_placement").stringValue(),
                required(facts, "norm_kind").stringValue(),
                required(facts, "qk_norm").asString());
    }

    private static JsonNode required(JsonNode facts, String name) {
        JsonNode value = facts.get(name);
        if (value == null) {
            throw new IllegalStateException("the facts do not say " + name);
        }
        return value;
    }
}
