package io.dipper.transformer.tree;

/// The part of a block that looks at other tokens.
public sealed interface Mixer permits Attention, SharedAttention, LatentAttention, GatedDelta {
    /// Width of the residual stream that it reads and writes.
    int hidden();
}
