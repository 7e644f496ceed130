package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.AttentionInputs;
import io.dipper.operators.attention.AttentionShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// `PagedAttention` as its Java form describes it, over a pool of bfloat16.
final class CudaAttention {

    /// As the kernel has them: warps of a block, and values that a lane keeps at most.
    private static final int WARPS = 4;

    private static final int MOST_VALUE_DIM = 32 * 16;
    private static final int BLOCK = 32 * WARPS;

    /// Where the kernel's structure has the table's width, which each step may change.
    private static final int TABLE_WIDTH = 9;

    private static final int MEMBERS = 13;

    private final AttentionShape shape;
    private final CudaKernel write;
    private final CudaKernel attend;
    private final MemorySegment structure = Arena.ofAuto().allocate(ValueLayout.JAVA_INT, MEMBERS);

    private CudaAttention(CudaCard card, AttentionShape shape) {
        if (shape.valueDim() > MOST_VALUE_DIM) {
            throw new IllegalArgumentException(
                    "values of " + shape.valueDim() + " dimensions, the most is " + MOST_VALUE_DIM);
        }
        this.shape = shape;
        this.write = card.kernel("attention", "write_pool");
        this.attend = card.kernel("attention", "attend");
        int[] integers = {
            shape.heads(),
            shape.kvHeads(),
            shape.headDim(),
            shape.valueDim(),
            shape.window(),
            shape.chunk(),
            shape.rotaryDim(),
            shape.interleaved() ? 1 : 0,
            shape.blockTokens(),
            0,
            Float.floatToRawIntBits(shape.scale()),
            Float.floatToRawIntBits(shape.softcap()),
            Float.floatToRawIntBits(shape.normEpsilon())
        };
        structure.copyFrom(MemorySegment.ofArray(integers));
    }

    static CudaOperator operator(CudaCard card) {
        return new CudaOperator(
                "PagedAttention",
                List.of(
                        required(F32),
                        optional(F32),
                        optional(F32),
                        required(BF16),
                        required(I32),
                        required(I32),
                        required(I32),
                        optional(F32),
                        optional(F32),
                        optional(F32),
                        optional(F32),
                        optional(I32),
                        optional(F32)),
                List.of(required(F32), required(I32)),
                info -> {
                    var attention = new CudaAttention(card, AttentionShape.of(info));
                    return attention::compute;
                });
    }

    private void compute(KernelContext context) {
        int tokens = (int) context.dimension(AttentionInputs.QUERY, 0);
        structure.setAtIndex(ValueLayout.JAVA_INT, TABLE_WIDTH, (int) context.dimension(AttentionInputs.TABLE, 1));
        long out = context.output(0, F32, tokens, (long) shape.heads() * shape.valueDim())
                .address();
        // Only its being there counts: later readers of the pool wait for it.
        context.output(1, I32, 1);
        long stream = context.stream();
        long pool = context.input(AttentionInputs.POOL).address();
        if (context.hasInput(AttentionInputs.KEY)) {
            write.with()
                    .structure(structure)
                    .address(context.input(AttentionInputs.KEY).address())
                    .address(context.input(AttentionInputs.VALUE).address())
                    .address(pool);
            place(context, write)
                    .address(addressOf(context, AttentionInputs.KEY_NORM))
                    .launch(tokens, shape.kvHeads(), BLOCK, Float.BYTES * shape.headDim(), stream);
        }
        attend.with()
                .structure(structure)
                .address(context.input(AttentionInputs.QUERY).address())
                .address(pool);
        int sharedFloats = shape.headDim() + WARPS * shape.valueDim();
        place(context, attend)
                .address(addressOf(context, AttentionInputs.QUERY_NORM))
                .address(addressOf(context, AttentionInputs.SINKS))
                .address(out)
                .launch(tokens, shape.heads(), BLOCK, Float.BYTES * sharedFloats, stream);
    }

    private static CudaKernel place(KernelContext context, CudaKernel kernel) {
        return kernel.address(context.input(AttentionInputs.POSITIONS).address())
                .address(context.input(AttentionInputs.STARTS).address())
                .address(context.input(AttentionInputs.TABLE).address())
                .address(addressOf(context, AttentionInputs.COS))
                .address(addressOf(context, AttentionInputs.SIN));
    }

    private static long addressOf(KernelContext context, int input) {
        return context.hasInput(input) ? context.input(input).address() : 0;
    }
}
