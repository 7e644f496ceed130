package io.dipper.operators.streams;

import static io.dipper.onnxruntime.DataType.F32;

import io.dipper.onnxruntime.KernelContext;

/// What one run of [AltUpPredict] is given, checked; its outputs are made. Addresses are 0 for what is left out.
public record PredictCall(
        StreamShape shape,
        long all,
        long beside,
        long besideNorm,
        long routerNorm,
        long router,
        long coefficients,
        long predicted,
        long computed) {

    /// What a node of the operator sees.
    ///
    /// @param active which stream the layer computes
    public static PredictCall of(KernelContext context, int active) {
        StreamShape shape = StreamShape.of(context, active);
        int streams = shape.streams();
        boolean adds = context.hasInput(1);
        if (adds) {
            shape.require(context, 1, (long) shape.tokens() * shape.width());
            shape.require(context, 2, shape.width());
        }
        shape.requireRouter(context, 3, (long) streams * streams);
        return new PredictCall(
                shape,
                context.input(0).address(),
                adds ? context.input(1).address() : 0,
                adds ? context.input(2).address() : 0,
                context.input(3).address(),
                context.input(4).address(),
                context.input(5).address(),
                context.output(0, F32, shape.tokens(), streams, shape.width()).address(),
                context.output(1, F32, shape.tokens(), shape.width()).address());
    }
}
