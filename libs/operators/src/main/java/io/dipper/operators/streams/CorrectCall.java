package io.dipper.operators.streams;

import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.KernelContext;

/// What one run of [AltUpCorrect] is given, checked; its outputs are made. Addresses are 0 for what is left out.
public record CorrectCall(
        StreamShape shape,
        long predicted,
        long mixed,
        long fed,
        long fedNorm,
        long routerNorm,
        long router,
        long coefficients,
        long outputScale,
        long corrected,
        long scaled) {
    private static final int OUTPUT_SCALE = 7;

    /// What a node of the operator sees.
    ///
    /// @param active which stream the layer computed
    public static CorrectCall of(KernelContext context, int active) {
        StreamShape shape = StreamShape.of(context, active);
        long row = (long) shape.tokens() * shape.width();
        shape.require(context, 1, row);
        shape.require(context, 2, row);
        shape.require(context, 3, shape.width());
        shape.requireRouter(context, 4, shape.streams());
        boolean scales = context.hasInput(OUTPUT_SCALE);
        if (scales) {
            shape.require(context, OUTPUT_SCALE, shape.width());
        }
        return new CorrectCall(
                shape,
                context.input(0).address(),
                context.input(1).address(),
                context.input(2).address(),
                context.input(3).address(),
                context.input(4).address(),
                context.input(5).address(),
                context.input(6).address(),
                scales ? context.input(OUTPUT_SCALE).address() : 0,
                context.output(0, F32, shape.tokens(), shape.streams(), shape.width())
                        .address(),
                context.output(1, F32, shape.tokens(), shape.width()).address());
    }
}
