package io.dipper.transformer.tree;

/// Attention over keys and values that an earlier layer computed. It keeps no cache; its own key
/// and value matrices are stored in checkpoints all the same, but nothing reads them.
public record SharedAttention(Attention attention, int sourceLayer) implements Mixer {
    public SharedAttention {
        IllFormedTree.unless(sourceLayer >= 0, "key-value source is layer %d", sourceLayer);
    }

    @Override
    public int hidden() {
        return attention.hidden();
    }
}
