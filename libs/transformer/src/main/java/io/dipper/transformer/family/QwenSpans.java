package io.dipper.transformer.family;

import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The Qwen families' window: only where `use_sliding_window` says so, and then from layer `max_window_layers` on
/// unless
/// `layer_types` says otherwise.
final class QwenSpans {
    private QwenSpans() {}

    static List<Span> of(Keys keys, int layers, int context) {
        boolean windowed = keys.flagOr("use_sliding_window", false) && !keys.statesNull("sliding_window");
        int from = keys.notNegativeOr("max_window_layers", 28);
        int tokens = keys.notNegativeOr("sliding_window", 4096);
        List<String> kinds = Spans.kinds(
                keys, layers, List.of(Spans.FULL, Spans.SLIDING), byDepth(layers, windowed ? from : layers));
        if (!windowed && kinds.contains(Spans.SLIDING)) {
            throw keys.refused(
                    "layer_types", "has windows, but use_sliding_window or sliding_window says there are none");
        }
        if (windowed && tokens == 0) {
            throw keys.refused("sliding_window", "a window of no tokens");
        }
        return Spans.of(
                kinds,
                Map.of(Spans.FULL, Span.FULL, Spans.SLIDING, windowed ? Spans.window(tokens, context) : Span.FULL));
    }

    private static List<String> byDepth(int layers, int from) {
        List<String> kinds = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            kinds.add(layer < from ? Spans.FULL : Spans.SLIDING);
        }
        return kinds;
    }
}
