package io.dipper.transformer.fold;

import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.Model;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/// Where a model's parameters are.
public final class Breakdown {
    /// What a parameter belongs to. A layer's experts are split into as many as a token uses and
    /// the others.
    public enum Part {
        EMBEDDING("embedding"),
        PER_LAYER_EMBEDDING("per-layer embeddings"),
        MIXER("attention and other mixers"),
        FEED_FORWARD("dense feed-forward"),
        SHARED_EXPERTS("shared experts"),
        EXPERTS_AT_WORK("experts at work"),
        EXPERTS_IDLE("experts idle for a token"),
        HEAD("head"),
        REST("norms and the rest");

        private final String words;

        Part(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    private Breakdown() {}

    /// Elements by part, in the order of [Part]; the values add up to [Parameters#total].
    public static Map<Part, Long> of(Model model) {
        Map<Part, Long> sums = new EnumMap<>(Part.class);
        for (Weight weight : Weights.of(model)) {
            sums.merge(part(weight), weight.elements(), Math::addExact);
        }
        long atWork = model.blocks().stream()
                .map(block -> block.feedForward())
                .filter(Experts.class::isInstance)
                .map(Experts.class::cast)
                .mapToLong(experts -> (long) experts.router().used() * Parameters.expertSize(experts))
                .sum();
        if (atWork > 0) {
            sums.merge(Part.EXPERTS_IDLE, -atWork, Math::addExact);
            sums.put(Part.EXPERTS_AT_WORK, atWork);
        }
        return Collections.unmodifiableMap(sums);
    }

    private static Part part(Weight weight) {
        return switch (weight.use()) {
            case EMBEDDING, POSITIONS -> Part.EMBEDDING;
            case PER_LAYER_EMBEDDING -> Part.PER_LAYER_EMBEDDING;
            case HEAD -> Part.HEAD;
            case EXPERT -> Part.EXPERTS_IDLE;
            case ROUTER_CORRECTION -> Part.REST;
            case BODY, ROUTER, IDLE -> ofLayer(weight.path());
        };
    }

    private static Part ofLayer(String path) {
        if (path.contains(".attn.") || path.contains(".delta.")) {
            return Part.MIXER;
        }
        if (path.contains(".mlp.shared.")) {
            return Part.SHARED_EXPERTS;
        }
        return path.contains(".mlp.") && !path.contains(".router") ? Part.FEED_FORWARD : Part.REST;
    }
}
