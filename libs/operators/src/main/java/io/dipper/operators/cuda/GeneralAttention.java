package io.dipper.operators.cuda;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.AttentionInputs;
import io.dipper.operators.attention.AttentionShape;

/// A block a token and query head, for heads of any size.
final class GeneralAttention implements AttentionForm {
    /// As the kernel has them: warps of a block, and values that a lane keeps at most.
    private static final int WARPS = 4;

    private static final int MOST_VALUE_DIM = 32 * 16;
    private static final int BLOCK = 32 * WARPS;

    private final AttentionShape shape;
    private final AttentionStructure structure;
    private final CudaKernel write;
    private final CudaKernel attend;

    GeneralAttention(CudaCard card, AttentionShape shape) {
        if (shape.valueDim() > MOST_VALUE_DIM) {
            throw new IllegalArgumentException(
                    "values of " + shape.valueDim() + " dimensions, the most is " + MOST_VALUE_DIM);
        }
        this.shape = shape;
        this.structure = new AttentionStructure(shape);
        this.write = card.kernel("attention", "write_pool");
        this.attend = card.kernel("attention", "attend");
    }

    @Override
    public void launch(KernelContext context, long out) {
        int tokens = (int) context.dimension(AttentionInputs.QUERY, 0);
        var members = structure.with((int) context.dimension(AttentionInputs.TABLE, 1));
        long stream = context.stream();
        long pool = context.input(AttentionInputs.POOL).address();
        if (context.hasInput(AttentionInputs.KEY)) {
            write.with()
                    .structure(members)
                    .address(context.input(AttentionInputs.KEY).address())
                    .address(context.input(AttentionInputs.VALUE).address())
                    .address(pool);
            place(context, write)
                    .address(AttentionForm.address(context, AttentionInputs.KEY_NORM))
                    .launch(tokens, shape.kvHeads(), BLOCK, Float.BYTES * shape.headDim(), stream);
        }
        attend.with()
                .structure(members)
                .address(context.input(AttentionInputs.QUERY).address())
                .address(pool);
        int sharedFloats = shape.headDim() + WARPS * shape.valueDim();
        place(context, attend)
                .address(AttentionForm.address(context, AttentionInputs.QUERY_NORM))
                .address(AttentionForm.address(context, AttentionInputs.SINKS))
                .address(out)
                .launch(tokens, shape.heads(), BLOCK, Float.BYTES * sharedFloats, stream);
    }

    private static CudaKernel place(KernelContext context, CudaKernel kernel) {
        return kernel.address(context.input(AttentionInputs.POSITIONS).address())
                .address(context.input(AttentionInputs.STARTS).address())
                .address(context.input(AttentionInputs.TABLE).address())
                .address(AttentionForm.address(context, AttentionInputs.COS))
                .address(AttentionForm.address(context, AttentionInputs.SIN));
    }
}
