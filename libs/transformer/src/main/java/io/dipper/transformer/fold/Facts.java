package io.dipper.transformer.fold;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Span;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What follows from a model's tree, as the JSON that `inspect` prints, the registry stores and the
/// console shows.
///
/// Cache sizes are for one sequence at two bytes a value, whatever a target really takes.
public final class Facts {
    private static final int BYTES = 2;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private Facts() {}

    /// `contexts` are the lengths, beside 4096 and 32768, at which the cache's size is wanted.
    public static ObjectNode of(Model model, String family, FileFacts files, List<Integer> contexts) {
        ObjectNode facts = JSON.objectNode();
        facts.put("family", family);
        parameters(facts, Parameters.of(model), model, files);
        facts.put("tied", model.head().tied());
        facts.put("layers", model.blocks().size());
        experts(facts, model);
        var kinds = facts.putArray("attention_kind_per_layer");
        KvCache.mixers(model).forEach(mixer -> kinds.add(kind(mixer)));
        sharedCaches(facts, model);
        facts.put("kv_cache_bytes_per_token_bf16", bytesPerTokenKept(model));
        facts.set("kv_cache", cache(model, contexts));
        facts.set("positional", Wording.positional(model, files));
        facts.put("norm_placement", Wording.normPlacement(model));
        facts.put("norm_kind", Wording.normKind(model));
        facts.put("qk_norm", Wording.qkNorm(model));
        facts.put("vocabulary", model.vocabulary());
        facts.put("hidden_size", model.hidden());
        return facts;
    }

    /// full, sliding, chunked, linear or mla.
    public static String kind(Mixer mixer) {
        return switch (mixer) {
            case Attention attention -> kind(attention.span());
            case SharedAttention shared -> kind(shared.attention().span());
            case LatentAttention _ -> "mla";
            case GatedDelta _ -> "linear";
        };
    }

    private static String kind(Span span) {
        return switch (span) {
            case Span.Full _ -> "full";
            case Span.Window _ -> "sliding";
            case Span.Chunk _ -> "chunked";
        };
    }

    private static void parameters(ObjectNode facts, Parameters parameters, Model model, FileFacts files) {
        facts.put("text_parameters_total", parameters.total());
        facts.putObject("text_parameters_active_per_token")
                .put("with_embeddings_and_head", parameters.active())
                .put("without_input_lookup_tables", parameters.activeWithoutLookups())
                .put("without_embeddings_and_head", parameters.activeWithoutEmbeddingsAndHead());
        ObjectNode counts = facts.putObject("counts");
        counts.put("text_without_embeddings_and_head", parameters.totalWithoutEmbeddingsAndHead())
                .put("routed_experts", parameters.routedExperts())
                .put("lookup_tables", parameters.lookupTables())
                .put("router_bias", parameters.routerCorrection())
                .put("tied_head_copy", model.head().tied() ? parameters.embedding() : 0)
                .put("embedding_matrix", parameters.embedding())
                .put("mtp", files.predictionLayers())
                .put("fp8_scales", files.blockScales())
                .put("mask_buffers", files.maskBuffers());
        files.vision().ifPresentOrElse(elements -> counts.put("vision", elements), () -> counts.putNull("vision"));
    }

    private static void experts(ObjectNode facts, Model model) {
        var layers = facts.putArray("moe_layers");
        Optional<Experts> first = Optional.empty();
        for (int layer = 0; layer < model.blocks().size(); layer++) {
            if (model.blocks().get(layer).feedForward() instanceof Experts experts) {
                layers.add(layer);
                first = first.or(() -> Optional.of(experts));
            }
        }
        first.ifPresentOrElse(
                experts -> facts.putObject("experts")
                        .put("routed", experts.router().experts())
                        .put("used", experts.router().used()),
                () -> facts.putNull("experts"));
    }

    private static void sharedCaches(ObjectNode facts, Model model) {
        ObjectNode sources = JSON.objectNode();
        List<Mixer> mixers = KvCache.mixers(model);
        for (int layer = 0; layer < mixers.size(); layer++) {
            if (mixers.get(layer) instanceof SharedAttention shared) {
                sources.put(Integer.toString(layer), shared.sourceLayer());
            }
        }
        if (sources.isEmpty()) {
            facts.putNull("kv_shared_from");
        } else {
            facts.set("kv_shared_from", sources);
        }
    }

    private static long bytesPerTokenKept(Model model) {
        return BYTES
                * KvCache.mixers(model).stream()
                        .filter(KvCache::keepsAll)
                        .mapToLong(KvCache::valuesPerToken)
                        .sum();
    }

    private static ObjectNode cache(Model model, List<Integer> contexts) {
        List<Mixer> mixers = KvCache.mixers(model);
        List<Long> perLayer = mixers.stream()
                .map(KvCache::valuesPerToken)
                .filter(values -> values > 0)
                .map(values -> values * BYTES)
                .toList();
        ObjectNode cache = JSON.objectNode();
        cache.put("bytes_per_token_full_attention", bytesPerTokenKept(model));
        cache.put(
                "bytes_per_token_while_all_windows_fill",
                perLayer.stream().mapToLong(Long::longValue).sum());
        cache.put("bytes_per_token_per_layer", perLayer.stream().findFirst().orElse(0L));
        cache.put("caching_layers", perLayer.size());
        windowTokens(mixers)
                .ifPresentOrElse(tokens -> cache.put("window_tokens", tokens), () -> cache.putNull("window_tokens"));
        ObjectNode totals = cache.putObject("total_bytes");
        Set<Integer> lengths = new TreeSet<>(contexts);
        lengths.addAll(List.of(4096, 32_768));
        for (int length : lengths) {
            if (length <= model.contextLength()) {
                totals.put(Integer.toString(length), BYTES * KvCache.values(model, length));
            } else {
                totals.putNull(Integer.toString(length));
            }
        }
        cache.put("max_context", model.contextLength());
        cache.put("total_bytes_max", BYTES * KvCache.values(model, model.contextLength()));
        state(cache, mixers);
        return cache;
    }

    private static Optional<Integer> windowTokens(List<Mixer> mixers) {
        return mixers.stream()
                .flatMap(mixer -> mixer instanceof Attention attention
                        ? switch (attention.span()) {
                            case Span.Full _ -> IntStream.empty().boxed();
                            case Span.Window(int tokens) -> IntStream.of(tokens).boxed();
                            case Span.Chunk(int tokens) -> IntStream.of(tokens).boxed();
                        }
                        : IntStream.empty().boxed())
                .findFirst();
    }

    private static void state(ObjectNode cache, List<Mixer> mixers) {
        long recurrent = mixers.stream().mapToLong(KvCache::recurrentValues).sum();
        long convolution = mixers.stream().mapToLong(KvCache::convolutionValues).sum();
        if (recurrent > 0) {
            cache.putObject("linear_state")
                    .put("recurrent_elements", recurrent)
                    .put("convolution_elements", convolution)
                    .put("bytes_all_bf16", BYTES * (recurrent + convolution))
                    .put("bytes_recurrent_f32", 4 * recurrent + BYTES * convolution);
        }
    }
}
