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
import java.util.Comparator;
import java.util.List;

/// Which layers keep keys and values, and which of them keep the same tokens and so share block
/// tables.
public record KvPlan(List<Integer> groupWindows, List<Layer> layers) {
    /// The window of a group that keeps every token.
    public static final int KEEPS_ALL = 0;

    /// The window of a group whose layers keep one state a sequence, and no tokens.
    public static final int STATE = -1;

    public KvPlan {
        groupWindows = List.copyOf(groupWindows);
        layers = List.copyOf(layers);
    }

    /// The pool of one layer: its graph input is `kv.LAYER`.
    ///
    /// @param valuesPerToken values that it keeps of a token; of a sequence, in a group of states
    public record Layer(int layer, int group, int valuesPerToken) {
        public String input() {
            return "kv." + layer;
        }
    }

    public boolean isState(int group) {
        return groupWindows.get(group) == STATE;
    }

    /// Values of a block of the layer's pool.
    public long blockValues(Layer layer, int blockTokens) {
        return isState(layer.group()) ? layer.valuesPerToken() : (long) blockTokens * layer.valuesPerToken();
    }

    /// Groups are those that occur, the one that keeps everything first, then by window, states last.
    public static KvPlan of(Model model) {
        List<Mixer> mixers = model.blocks().stream().map(block -> block.mixer()).toList();
        List<Integer> windows = mixers.stream()
                .filter(mixer -> kept(mixer) > 0)
                .map(KvPlan::window)
                .distinct()
                .sorted(Comparator.comparing((Integer window) -> window == STATE)
                        .thenComparing(window -> window))
                .toList();
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < mixers.size(); layer++) {
            long values = kept(mixers.get(layer));
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

    private static long kept(Mixer mixer) {
        return KvCache.valuesPerToken(mixer) + KvCache.recurrentValues(mixer) + KvCache.convolutionValues(mixer);
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
            case GatedDelta _ -> STATE;
            case SharedAttention _ ->
                throw new IllegalStateException("a mixer without a cache of its own has no window of it");
        };
    }
}
