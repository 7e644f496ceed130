package io.dipper.operators.cuda;

import java.lang.foreign.MemorySegment;

/// What a card reaches at most, to hold a model's figures against: both the best of several tries,
/// timed by the card. They hold for this card in its present state (clocks, heat, neighbours), so they
/// are measured in the same run as what is compared with them.
///
/// @param readBytesPerSecond a kernel's that sums [#READ_BYTES] of device memory
/// @param flopsPerSecond cuBLAS's for a product of two square bfloat16 matrices of [#SIDE] rows, summed
///     in float32; a multiplication and an addition are two operations
public record CardRates(double readBytesPerSecond, double flopsPerSecond) {
    /// Many times what any card's caches hold.
    static final long READ_BYTES = 4L << 30;

    static final int SIDE = 8192;

    private static final int WORD = 16;
    private static final int BLOCK = 256;
    private static final int[] BLOCKS_EACH = {4, 8, 16, 32};
    private static final int TRIES = 12;

    /// Takes 4 GiB of the card for less than a second.
    ///
    /// @throws CudaException if so much is not free
    public static CardRates of(CudaCard card) {
        long memory = card.allocate(READ_BYTES);
        try (CudaStream stream = card.newStream()) {
            var clock = new Clock(stream);
            return new CardRates(readRate(card, memory, clock), matrixRate(card, memory, clock));
        } finally {
            card.free(memory);
        }
    }

    private static double readRate(CudaCard card, long memory, Clock clock) {
        double seconds = Double.POSITIVE_INFINITY;
        for (int each : BLOCKS_EACH) {
            int blocks = each * card.multiprocessors();
            seconds = Math.min(seconds, clock.best(() -> sum(card, memory, READ_BYTES, blocks, clock.stream)));
        }
        return READ_BYTES / seconds;
    }

    /// Leaves the blocks' sums of the 32-bit words of `bytes` bytes in the scratch memory, whose address
    /// it gives.
    static long sum(CudaCard card, long memory, long bytes, int blocks, CudaStream stream) {
        long partial = card.scratch().take((long) Integer.BYTES * blocks);
        card.kernel("rates", "sum_words")
                .with()
                .address(memory)
                .wide(bytes / WORD)
                .address(partial)
                .launch(blocks, 1, BLOCK, 0, stream.handle());
        return partial;
    }

    private static double matrixRate(CudaCard card, long memory, Clock clock) {
        long values = (long) SIDE * SIDE;
        long other = memory + Short.BYTES * values;
        long result = other + Short.BYTES * values;
        scatter(card, memory, 2 * values, clock.stream);
        double seconds =
                clock.best(() -> card.blas().product(memory, other, result, SIDE, SIDE, SIDE, clock.stream.handle()));
        return 2.0 * values * SIDE / seconds;
    }

    private static void scatter(CudaCard card, long memory, long values, CudaStream stream) {
        card.kernel("rates", "scatter_values")
                .with()
                .address(memory)
                .wide(values)
                .integer(1)
                .launch(Math.toIntExact(Math.ceilDiv(values, BLOCK)), 1, BLOCK, 0, stream.handle());
    }

    /// Bytes a second at which page-locked memory of the host reaches the card.
    public static double copyRate(CudaCard card) {
        long bytes = 1L << 30;
        long device = card.allocate(bytes);
        long host = CudaMemory.allocateHost(bytes);
        try (CudaStream stream = card.newStream()) {
            MemorySegment.ofAddress(host).reinterpret(bytes).fill((byte) 1);
            return bytes / new Clock(stream).best(() -> CudaMemory.copyToDevice(device, host, bytes, stream.handle()));
        } finally {
            CudaMemory.freeHost(host);
            card.free(device);
        }
    }

    @Override
    public String toString() {
        return "read %.0f GB/s, products %.1f TFLOP/s".formatted(readBytesPerSecond * 1e-9, flopsPerSecond * 1e-12);
    }

    /// The least time of several tries, by the card's own marks.
    private record Clock(CudaStream stream) {
        double best(Runnable work) {
            work.run();
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i < TRIES; i++) {
                long before = stream.mark();
                work.run();
                long after = stream.mark();
                stream.await();
                least = Math.min(least, CudaStream.between(before, after) * 1e-3);
                stream.forget(before);
                stream.forget(after);
            }
            return least;
        }
    }
}
