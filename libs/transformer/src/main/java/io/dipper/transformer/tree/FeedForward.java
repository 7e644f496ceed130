package io.dipper.transformer.tree;

/// The part of a block that looks at its own token only.
public sealed interface FeedForward permits Dense, Gated, Experts {
    /// Width of the residual stream that it reads and writes.
    int hidden();
}
