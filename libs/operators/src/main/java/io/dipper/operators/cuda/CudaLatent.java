package io.dipper.operators.cuda;

import static io.dipper.onnxruntime.CustomOpParameter.optional;
import static io.dipper.onnxruntime.CustomOpParameter.required;
import static io.dipper.onnxruntime.DataType.BF16;
import static io.dipper.onnxruntime.DataType.F32;
import static io.dipper.onnxruntime.DataType.I32;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.dipper.onnxruntime.KernelContext;
import io.dipper.operators.attention.LatentAttention;
import io.dipper.operators.attention.LatentShape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// `LatentAttention` as its Java form describes it, over a pool of bfloat16: queries are taken into the
/// latents' space, mixed there, and brought out again.
final class CudaLatent {

    /// As the kernel has them: warps of a block, and values that a lane keeps at most.
    private static final int WARPS = 4;

    private static final int MOST_LATENT_DIM = 32 * 16;
    private static final int BLOCK = 32 * WARPS;

    /// Where the kernels' structure has the table's width, which each step may change.
    private static final int TABLE_WIDTH = 7;

    private static final int MEMBERS = 10;

    private final CudaCard card;
    private final LatentShape shape;
    private final CudaKernel write;
    private final CudaKernel absorb;
    private final CudaKernel mix;
    private final CudaKernel expand;
    private final MemorySegment structure = Arena.ofAuto().allocate(JAVA_INT, MEMBERS);

    private CudaLatent(CudaCard card, LatentShape shape) {
        if (shape.latentDim() > MOST_LATENT_DIM) {
            throw new IllegalArgumentException(
                    "latents of " + shape.latentDim() + " dimensions, the most is " + MOST_LATENT_DIM);
        }
        this.card = card;
        this.shape = shape;
        this.write = card.kernel("latent", "write_latents");
        this.absorb = card.kernel("latent", "absorb");
        this.mix = card.kernel("latent", "mix");
        this.expand = card.kernel("latent", "expand");
        int[] members = {
            shape.heads(),
            shape.plainDim(),
            shape.rotaryDim(),
            shape.valueDim(),
            shape.latentDim(),
            shape.interleaved() ? 1 : 0,
            shape.blockTokens(),
            0,
            Float.floatToRawIntBits(shape.scale()),
            Float.floatToRawIntBits(shape.normEpsilon())
        };
        structure.copyFrom(MemorySegment.ofArray(members));
    }

    static CudaOperator operator(CudaCard card) {
        return new CudaOperator(
                "LatentAttention",
                List.of(
                        required(F32),
                        required(F32),
                        required(BF16),
                        required(I32),
                        required(I32),
                        required(I32),
                        required(F32),
                        required(F32),
                        required(F32),
                        required(BF16),
                        optional(I32)),
                List.of(required(F32), required(I32)),
                info -> {
                    var latent = new CudaLatent(card, LatentShape.of(info));
                    return latent::compute;
                });
    }

    private void compute(KernelContext context) {
        int tokens = (int) context.dimension(LatentAttention.QUERY, 0);
        structure.setAtIndex(JAVA_INT, TABLE_WIDTH, (int) context.dimension(LatentAttention.TABLE, 1));
        long out = context.output(0, F32, tokens, (long) shape.heads() * shape.valueDim())
                .address();
        // Only its being there counts: later readers of the pool wait for it.
        context.output(1, I32, 1);
        long stream = context.stream();
        long pool = context.input(LatentAttention.POOL).address();
        long projection = context.input(LatentAttention.PROJECTION).address();
        long cosines = context.input(LatentAttention.COS).address();
        long sines = context.input(LatentAttention.SIN).address();
        long absorbedBytes = (long) Float.BYTES * tokens * shape.heads() * shape.valuesPerToken();
        long mixedBytes = (long) Float.BYTES * tokens * shape.heads() * shape.latentDim();
        long absorbed = card.scratch().take(absorbedBytes + mixedBytes);
        long mixed = absorbed + absorbedBytes;
        place(
                        context,
                        write.with()
                                .structure(structure)
                                .address(context.input(LatentAttention.LATENT).address())
                                .address(pool))
                .address(cosines)
                .address(sines)
                .address(context.input(LatentAttention.NORM).address())
                .launch(tokens, 1, BLOCK, 0, stream);
        absorb.with()
                .structure(structure)
                .address(context.input(LatentAttention.QUERY).address())
                .address(projection)
                .address(cosines)
                .address(sines)
                .address(absorbed)
                .launch(tokens, shape.heads(), BLOCK, 0, stream);
        int sharedFloats = shape.valuesPerToken() + WARPS * shape.latentDim();
        place(context, mix.with().structure(structure).address(absorbed).address(pool))
                .address(mixed)
                .launch(tokens, shape.heads(), BLOCK, Float.BYTES * sharedFloats, stream);
        expand.with()
                .structure(structure)
                .address(mixed)
                .address(projection)
                .address(out)
                .launch(tokens, shape.heads(), BLOCK, 0, stream);
    }

    private static CudaKernel place(KernelContext context, CudaKernel kernel) {
        return kernel.address(context.input(LatentAttention.POSITIONS).address())
                .address(context.input(LatentAttention.STARTS).address())
                .address(context.input(LatentAttention.TABLE).address());
    }
}
