package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.AttentionShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// `PagedAttention` as its Java form describes it, over a pool of bfloat16.
final class CudaAttention {
    private static final int QUERY = 0;
    private static final int KEY = 1;
    private static final int VALUE = 2;
    private static final int POOL = 3;
    private static final int POSITIONS = 4;
    private static final int STARTS = 5;
    private static final int TABLE = 6;
    private static final int COS = 7;
    private static final int SIN = 8;
    private static final int QUERY_NORM = 9;
    private static final int KEY_NORM = 10;

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
        this.write = card.attention("write_pool");
        this.attend = card.attention("attend");
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
                        required(F32),
                        required(F32),
                        required(BF16),
                        required(I32),
                        required(I32),
                        required(I32),
                        optional(F32),
                        optional(F32),
                        optional(F32),
                        optional(F32),
                        optional(I32)),
                List.of(required(F32), required(I32)),
                info -> {
                    var attention = new CudaAttention(card, AttentionShape.of(info));
                    return attention::compute;
                });
    }

    private void compute(KernelContext context) {
        int tokens = (int) context.dimension(QUERY, 0);
        structure.setAtIndex(ValueLayout.JAVA_INT, TABLE_WIDTH, (int) context.dimension(TABLE, 1));
        long out = context.output(0, F32, tokens, (long) shape.heads() * shape.valueDim())
                .address();
        // Only its being there counts: later readers of the pool wait for it.
        context.output(1, I32, 1);
        long stream = context.stream();
        long pool = context.input(POOL).address();
        write.with()
                .structure(structure)
                .address(context.input(KEY).address())
                .address(context.input(VALUE).address())
                .address(pool);
        place(context, write)
                .address(addressOf(context, KEY_NORM))
                .launch(tokens, shape.kvHeads(), BLOCK, Float.BYTES * shape.headDim(), stream);
        attend.with()
                .structure(structure)
                .address(context.input(QUERY).address())
                .address(pool);
        int sharedFloats = shape.headDim() + WARPS * shape.valueDim();
        place(context, attend)
                .address(addressOf(context, QUERY_NORM))
                .address(out)
                .launch(tokens, shape.heads(), BLOCK, Float.BYTES * sharedFloats, stream);
    }

    private static CudaKernel place(KernelContext context, CudaKernel kernel) {
        return kernel.address(context.input(POSITIONS).address())
                .address(context.input(STARTS).address())
                .address(context.input(TABLE).address())
                .address(addressOf(context, COS))
                .address(addressOf(context, SIN));
    }

    private static long addressOf(KernelContext context, int input) {
        return context.hasInput(input) ? context.input(input).address() : 0;
    }
}
