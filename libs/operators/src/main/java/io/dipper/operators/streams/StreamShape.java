package io.dipper.operators.streams;

import io.dipper.onnxruntime.KernelContext;

/// Residual streams [T, n, H], the first input of AltUp's operators.
///
/// @param active which of the n the layer computes
public record StreamShape(int tokens, int streams, int width, int active) {
    static StreamShape of(KernelContext context, int active) {
        int streams = (int) context.dimension(0, 1);
        if (active < 0 || active >= streams) {
            throw new IllegalArgumentException("stream " + active + " of " + streams + " is active");
        }
        return new StreamShape((int) context.dimension(0, 0), streams, (int) context.dimension(0, 2), active);
    }

    void require(KernelContext context, int input, long elements) {
        if (context.elements(input) != elements) {
            throw new IllegalArgumentException(
                    "input " + input + " has " + context.elements(input) + " values instead of " + elements);
        }
    }

    /// Norm, router and `rows` rows of coefficients, from input `first` on.
    void requireRouter(KernelContext context, int first, long rows) {
        require(context, first, width);
        require(context, first + 1, (long) streams * width);
        require(context, first + 2, rows * streams);
    }

    /// Where a token's streams begin.
    long streamsAt(long address, int token) {
        return address + 4L * token * streams * width;
    }

    /// Where a token's row of H values begins.
    long rowAt(long address, int token) {
        return address + 4L * token * width;
    }

    /// Multiplications of a token, roughly.
    long cost() {
        return (long) width * streams * (streams + 2);
    }
}
