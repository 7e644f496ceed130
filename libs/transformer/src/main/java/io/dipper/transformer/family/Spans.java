package io.dipper.transformer.family;

import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Which layers look how far, as `layer_types` and its forerunners say.
final class Spans {
    static final String FULL = "full_attention";
    static final String SLIDING = "sliding_attention";
    static final String CHUNKED = "chunked_attention";
    static final String LINEAR = "linear_attention";

    private Spans() {}

    /// A window that the context never fills is no window.
    static Span window(int tokens, int context) {
        return tokens < context ? new Span.Window(tokens) : Span.FULL;
    }

    static Span chunk(int tokens, int context) {
        return tokens < context ? new Span.Chunk(tokens) : Span.FULL;
    }

    /// `layer_types`, each of its words among those that the design knows; `otherwise` where
    /// nothing is said.
    static List<String> kinds(Keys keys, int layers, List<String> known, List<String> otherwise) {
        List<String> kinds = CommonKeys.perLayer(
                keys, "layer_types", keys.texts("layer_types").orElse(otherwise), layers);
        for (String kind : kinds) {
            if (!known.contains(kind)) {
                throw keys.refused("layer_types", "this design knows " + String.join(" and ", known));
            }
        }
        return kinds;
    }

    /// Every `interval`-th layer is of one kind, the others of another.
    static List<String> everyNth(int layers, int interval, String nth, String others) {
        List<String> kinds = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            kinds.add((layer + 1) % interval == 0 ? nth : others);
        }
        return kinds;
    }

    static List<Span> of(List<String> kinds, Map<String, Span> meanings) {
        return kinds.stream().map(meanings::get).toList();
    }
}
