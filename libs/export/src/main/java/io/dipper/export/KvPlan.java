package io.dipper.export;

import io.dipper.transformer.fold.KvCache;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.List;

/// Which layers keep keys and values, and which of them keep the same tokens and so share block
/// tables.
public record KvPlan(List<Integer> groupWindows, List<Layer> layers) {
    /// The window of a group that keeps every token.
    public static final int KEEPS_ALL = 0;

    public KvPlan {
        groupWindows = List.copyOf(groupWindows);
        layers = List.copyOf(layers);
    }

    /// The pool of one layer: its graph input is `kv.LAYER`.
    public record Layer(int layer, int group, int valuesPerToken) {
        public String input() {
            return "kv." + layer;
        }
    }

    /// Groups are those that occur, the one that keeps everything first, then by window.
    public static KvPlan of(Model model) {
        List<Mixer> mixers = model.blocks().stream().map(block -> block.mixer()).toList();
        List<Integer> windows = mixers.stream()
                .filter(mixer -> KvCache.valuesPerToken(mixer) > 0)
                .map(KvPlan::window)
                .distinct()
                .sorted()
                .toList();
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < mixers.size(); layer++) {
            long values = KvCache.valuesPerToken(mixers.get(layer));
            if (values > 0) {
                int group = windows.indexOf(window(mixers.get(layer)));
                layers.add(new Layer(layer, group, Math.toIntExact(values)));
            }
        }
        return new KvPlan(windows, layers);
    }

    /// The pool of a layer that keeps a cache.
    public Layer layer(int layer) {
        return layers.stream()
                .filter(candidate -> candidate.layer() == layer)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("layer " + layer + " keeps no cache"));
    }

    private static int window(Mixer mixer) {
        return switch (mixer) {
            case Attention attention ->
                switch (attention.span()) {
                    case Span.Full _ -> KEEPS_ALL;
                    case Span.Window(int tokens) -> tokens;
                    case Span.Chunk(int tokens) -> tokens;
                };
            case LatentAttention _ -> KEEPS_ALL;
            case SharedAttention _, GatedDelta _ ->
                throw new IllegalStateException("a mixer without a cache of its own has no window of it");
        };
    }
}
