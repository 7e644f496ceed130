package io.dipper.operators.delta;

import io.dipper.onnxruntime.KernelInfo;

/// A layer's gated delta rule: the node's attributes.
///
/// @param kernel inputs that the convolution sees, the present one included
public record DeltaShape(int keyHeads, int valueHeads, int keyDim, int valueDim, int kernel, float normEpsilon) {
    public DeltaShape {
        if (keyHeads < 1 || valueHeads < 1 || valueHeads % keyHeads != 0) {
            throw new IllegalArgumentException(valueHeads + " value heads cannot share " + keyHeads + " key heads");
        }
        if (keyDim < 1 || valueDim < 1 || kernel < 2) {
            throw new IllegalArgumentException(
                    "heads of " + keyDim + " and " + valueDim + ", a convolution over " + kernel);
        }
    }

    public static DeltaShape of(KernelInfo info) {
        return new DeltaShape(
                (int) info.integer("key_heads"),
                (int) info.integer("value_heads"),
                (int) info.integer("key_dim"),
                (int) info.integer("value_dim"),
                (int) info.integer("kernel"),
                info.decimal("norm_epsilon"));
    }

    /// Value heads that share a key head.
    int group() {
        return valueHeads / keyHeads;
    }

    public int valueWidth() {
        return valueHeads * valueDim;
    }

    /// Columns of the projected input: a key head's query, key, values and output gates, head after head.
    int headColumns() {
        return 2 * keyDim + 2 * group() * valueDim;
    }

    long columns() {
        return (long) keyHeads * headColumns();
    }

    /// Channels of the convolution that belong to one key head: query, key, values.
    public int headChannels() {
        return 2 * keyDim + group() * valueDim;
    }

    int channels() {
        return keyHeads * headChannels();
    }

    /// Where a key head's part of the convolution's channels begins: all queries come first, then all
    /// keys, then all values.
    int channel(int keyHead, int offset) {
        if (offset < keyDim) {
            return keyHead * keyDim + offset;
        }
        if (offset < 2 * keyDim) {
            return (keyHeads + keyHead) * keyDim + offset - keyDim;
        }
        return 2 * keyHeads * keyDim + keyHead * group() * valueDim + offset - 2 * keyDim;
    }

    /// Floats of a sequence's state: a matrix a value head, then the convolution's last inputs.
    long stateFloats() {
        return (long) valueHeads * keyDim * valueDim + (long) channels() * (kernel - 1);
    }
}
