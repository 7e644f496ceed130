package io.dipper.operators.cuda;

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
    public void launch(AttentionCall call) {
        var members = structure.of(call);
        if (call.writes()) {
            write.with()
                    .structure(members)
                    .address(call.key())
                    .address(call.value())
                    .address(call.pool());
            place(call, write)
                    .address(call.keyNorm())
                    .launch(call.tokens(), shape.kvHeads(), BLOCK, Float.BYTES * shape.headDim(), call.stream());
        }
        attend.with().structure(members).address(call.query()).address(call.pool());
        int sharedFloats = shape.headDim() + WARPS * shape.valueDim();
        place(call, attend)
                .address(call.queryNorm())
                .address(call.sinks())
                .address(call.out())
                .launch(call.tokens(), shape.heads(), BLOCK, Float.BYTES * sharedFloats, call.stream());
    }

    private static CudaKernel place(AttentionCall call, CudaKernel kernel) {
        return kernel.address(call.positions())
                .address(call.starts())
                .integer(call.rows())
                .address(call.table())
                .address(call.cosines())
                .address(call.sines());
    }
}
