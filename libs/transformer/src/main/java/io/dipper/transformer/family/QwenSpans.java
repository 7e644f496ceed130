package io.dipper.transformer.family;

import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/// The Qwen families' window, which is only there where `use_sliding_window` says so.
final class QwenSpans {
    private QwenSpans() {}

    /// From layer `max_window_layers` on, unless `layer_types` says otherwise.
    static List<Span> byDepth(Keys keys, int layers, int context) {
        boolean windowed = windowed(keys);
        int from = keys.notNegativeOr("max_window_layers", 28);
        List<String> otherwise = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            otherwise.add(windowed && layer >= from ? Spans.SLIDING : Spans.FULL);
        }
        List<String> kinds = Spans.kinds(keys, layers, List.of(Spans.FULL, Spans.SLIDING), otherwise);
        if (!windowed && kinds.contains(Spans.SLIDING)) {
            throw keys.refused(
                    "layer_types", "has windows, but use_sliding_window or sliding_window says there are none");
        }
        return Spans.of(kinds, Map.of(Spans.FULL, Span.FULL, Spans.SLIDING, window(keys, windowed, context)));
    }

    /// On every layer or on none, as the mixture-of-experts models have it; they pass over
    /// `max_window_layers`.
    static List<Span> everywhere(Keys keys, int layers, int context) {
        keys.harmless("max_window_layers");
        return Collections.nCopies(layers, window(keys, windowed(keys), context));
    }

    private static boolean windowed(Keys keys) {
        return keys.flagOr("use_sliding_window", false) && !keys.statesNull("sliding_window");
    }

    private static Span window(Keys keys, boolean windowed, int context) {
        int tokens = keys.notNegativeOr("sliding_window", 4096);
        if (windowed && tokens == 0) {
            throw keys.refused("sliding_window", "a window of no tokens");
        }
        return windowed ? Spans.window(tokens, context) : Span.FULL;
    }
}
