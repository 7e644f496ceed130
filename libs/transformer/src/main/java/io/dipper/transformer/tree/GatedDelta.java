package io.dipper.transformer.tree;

/// A recurrent mixer: a short causal convolution, then the gated delta rule on a matrix a value
/// head, then a norm gated by a projection of the input. Its state has a fixed size, however long
/// the sequence is.
///
/// The input projection's rows are grouped by key head: its query, its key, its values, its gates.
public record GatedDelta(
        int hidden, int keyHeads, int valueHeads, int keyDim, int valueDim, int kernel, Norm outputNorm)
        implements Mixer {

    public GatedDelta {
        IllFormedTree.positive("hidden size", hidden);
        IllFormedTree.positive("key head count", keyHeads);
        IllFormedTree.positive("value head count", valueHeads);
        IllFormedTree.positive("key head dimension", keyDim);
        IllFormedTree.positive("value head dimension", valueDim);
        IllFormedTree.width("input width", 2L * keyHeads * keyDim + 2L * valueHeads * valueDim);
        IllFormedTree.unless(kernel > 1, "convolution kernel is %d wide", kernel);
        IllFormedTree.unless(
                valueHeads % keyHeads == 0, "%d value heads cannot share %d key heads", valueHeads, keyHeads);
        IllFormedTree.unless(
                outputNorm.width() == valueDim,
                "output norm has width %d, the value head %d",
                outputNorm.width(),
                valueDim);
    }

    public int keyWidth() {
        return keyHeads * keyDim;
    }

    public int valueWidth() {
        return valueHeads * valueDim;
    }

    /// Channels that the convolution runs over: queries, keys, values.
    public int convolutionWidth() {
        return 2 * keyWidth() + valueWidth();
    }
}
