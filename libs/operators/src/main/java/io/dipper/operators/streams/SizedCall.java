package io.dipper.operators.streams;

import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.KernelContext;

/// What one run of [AltUpSpread] or [AltUpMean] is given, checked; its output is made.
///
/// @param rows where each stream's rows begin; the first stream has rows of `width` one after another
/// @param stride values from a row of another stream to its next one
public record SizedCall(int tokens, int width, long[] rows, long stride, long y) {
    public int streams() {
        return rows.length;
    }

    /// What a node of [AltUpSpread] sees.
    public static SizedCall spread(KernelContext context) {
        int tokens = (int) context.dimension(0, 0);
        int width = (int) context.dimension(0, 1);
        long stride = context.dimension(1, 1);
        if (context.dimension(1, 0) != tokens || stride % width != 0) {
            throw new IllegalArgumentException("streams of " + width + " columns beside [" + context.dimension(1, 0)
                    + ", " + stride + "] for " + tokens + " tokens");
        }
        long[] rows = new long[1 + (int) (stride / width)];
        rows[0] = context.input(0).address();
        for (int stream = 1; stream < rows.length; stream++) {
            rows[stream] = context.input(1).address() + 4L * (stream - 1) * width;
        }
        long y = context.output(0, F32, tokens, rows.length, width).address();
        return new SizedCall(tokens, width, rows, stride, y);
    }

    /// What a node of [AltUpMean] sees.
    public static SizedCall mean(KernelContext context) {
        int tokens = (int) context.dimension(0, 0);
        int width = (int) context.dimension(0, 1);
        int streams = 1;
        while (context.hasInput(streams)) {
            streams++;
        }
        long[] rows = new long[streams];
        for (int stream = 0; stream < streams; stream++) {
            if (context.elements(stream) != context.elements(0)) {
                throw new IllegalArgumentException("stream " + stream + " differs in size from the first");
            }
            rows[stream] = context.input(stream).address();
        }
        return new SizedCall(
                tokens,
                width,
                rows,
                width,
                context.output(0, F32, tokens, width).address());
    }

    long at(int stream, int token) {
        return rows[stream] + 4L * token * (stream == 0 ? width : stride);
    }
}
