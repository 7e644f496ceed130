package io.dipper.operators.cuda;

import io.dipper.operators.attention.LatentShape;
import java.lang.foreign.MemorySegment;

/// Latent attention at dimensions that the tensor cores' form does not take.
final class PlainLatent {

    /// As the kernel has them: warps of a block, and values that a lane keeps at most.
    private static final int WARPS = 4;

    private static final int MOST_LATENT_DIM = 32 * 16;
    private static final int BLOCK = 32 * WARPS;

    private final CudaCard card;
    private final LatentShape shape;
    private final LatentWriter writer;
    private final CudaKernel absorb;
    private final CudaKernel mix;
    private final CudaKernel expand;

    PlainLatent(CudaCard card, LatentShape shape) {
        if (shape.latentDim() > MOST_LATENT_DIM) {
            throw new IllegalArgumentException(
                    "latents of " + shape.latentDim() + " dimensions, the most is " + MOST_LATENT_DIM);
        }
        this.card = card;
        this.shape = shape;
        this.writer = new LatentWriter(card);
        this.absorb = card.kernel("latent", "absorb");
        this.mix = card.kernel("latent", "mix");
        this.expand = card.kernel("latent", "expand");
    }

    void run(LatentCall call, MemorySegment structure) {
        int heads = shape.heads();
        long absorbedBytes = (long) Float.BYTES * call.tokens() * heads * shape.valuesPerToken();
        long mixedBytes = (long) Float.BYTES * call.tokens() * heads * shape.latentDim();
        long absorbed = card.scratch().take(absorbedBytes + mixedBytes);
        long mixed = absorbed + absorbedBytes;
        writer.run(call, structure);
        absorb.with()
                .structure(structure)
                .address(call.query())
                .address(call.projection())
                .address(call.cosines())
                .address(call.sines())
                .address(absorbed)
                .launchEarly(call.tokens(), heads, 1, BLOCK, 0, call.stream());
        int sharedFloats = shape.valuesPerToken() + WARPS * shape.latentDim();
        mix.with()
                .structure(structure)
                .address(absorbed)
                .address(call.pool())
                .address(call.positions())
                .address(call.starts())
                .address(call.table())
                .address(mixed)
                .launchEarly(call.tokens(), heads, 1, BLOCK, Float.BYTES * sharedFloats, call.stream());
        expand.with()
                .structure(structure)
                .address(mixed)
                .address(call.projection())
                .address(call.out())
                .launchEarly(call.tokens(), heads, 1, BLOCK, 0, call.stream());
    }
}
