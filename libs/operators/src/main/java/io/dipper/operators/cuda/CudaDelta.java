package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.onnxruntime.CustomOpParameter;
import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.delta.DeltaShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// `GatedDelta` as its Java form describes it; states are float32 here too.
final class CudaDelta {
    private static final int BLOCK = 128;
    private static final int STARTS = 4;
    private static final List<CustomOpParameter> INPUTS = List.of(
            required(F32),
            required(F32),
            required(F32),
            required(I32),
            required(I32),
            required(I32),
            required(BF16),
            required(F32),
            required(F32),
            required(F32));

    private CudaDelta() {}

    static CudaOperator operator(CudaCard card) {
        CudaKernel kernel = card.kernel("delta", "gated_delta");
        return new CudaOperator("GatedDelta", INPUTS, List.of(required(F32)), info -> {
            DeltaShape shape = DeltaShape.of(info);
            int[] members = {
                shape.keyHeads(),
                shape.valueHeads(),
                shape.keyDim(),
                shape.valueDim(),
                shape.kernel(),
                Float.floatToRawIntBits(shape.normEpsilon())
            };
            MemorySegment structure = Arena.ofAuto().allocateFrom(JAVA_INT, members);
            return context -> compute(context, kernel, shape, structure);
        });
    }

    private static void compute(KernelContext context, CudaKernel kernel, DeltaShape shape, MemorySegment structure) {
        int tokens = (int) context.dimension(0, 0);
        int rows = (int) context.dimension(STARTS, 0) - 1;
        long out = context.output(0, F32, tokens, shape.valueWidth()).address();
        kernel.with().structure(structure);
        for (int input = 0; input < INPUTS.size(); input++) {
            kernel.address(context.input(input).address());
        }
        int sharedFloats = shape.headChannels() + shape.valueDim();
        kernel.address(out).launch(rows, shape.keyHeads(), BLOCK, Float.BYTES * sharedFloats, context.stream());
    }
}
