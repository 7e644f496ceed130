package io.dipper.operators.cuda;

import java.lang.foreign.MemorySegment;

/// Puts a step's latents, normed, and rotary keys into the pool.
final class LatentWriter {
    private static final int BLOCK = 128;

    private final CudaKernel write;

    LatentWriter(CudaCard card) {
        this.write = card.kernel("latent", "write_latents");
    }

    void run(LatentCall call, MemorySegment structure) {
        write.with()
                .structure(structure)
                .address(call.latent())
                .address(call.pool())
                .address(call.positions())
                .address(call.starts())
                .address(call.table())
                .address(call.cosines())
                .address(call.sines())
                .address(call.norm())
                .launchEarly(call.tokens(), 1, 1, BLOCK, 0, call.stream());
    }
}
