package io.dipper.operators.cuda;

/// One run of `LatentAttention`: the device addresses of its inputs and output, in the order of the
/// operator's, and the stream.
record LatentCall(
        int tokens,
        int rows,
        int tableWidth,
        long query,
        long latent,
        long pool,
        long positions,
        long starts,
        long table,
        long cosines,
        long sines,
        long norm,
        long projection,
        long out,
        long stream) {}
