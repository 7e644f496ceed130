package io.dipper.operators.cuda;

import io.dipper.operators.OneNode;
import io.dipper.operators.attention.AttentionShape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Attention alone on a card: microseconds a launch, beside the rate at which a plain kernel reads
/// memory in the same run. Layers take turns, so that keys come from memory and not from a cache.
public final class AttentionCardBenchmark {
    private static final long POOL_BYTES = 1L << 31;
    private static final long READ_BYTES = 1L << 30;
    private static final int BLOCK_TOKENS = 16;
    private static final int DIM = 128;
    private static final int ROUNDS = 7;

    private final CudaCard card;
    private final CudaStream stream;
    private final long pools;
    private final int heads;
    private final int kvHeads;
    private final TiledAttention attention;

    private AttentionCardBenchmark(CudaCard card, CudaStream stream, long pools, int heads, int kvHeads) {
        this.card = card;
        this.stream = stream;
        this.pools = pools;
        this.heads = heads;
        this.kvHeads = kvHeads;
        float scale = (float) (1 / Math.sqrt(DIM));
        this.attention = new TiledAttention(
                card, new AttentionShape(heads, kvHeads, DIM, DIM, scale, 0, 0, 0f, 1e-6f, DIM, false, BLOCK_TOKENS));
    }

    public static void main(String[] args) {
        try (CudaCard card = CudaCard.open(0);
                CudaStream stream = card.newStream()) {
            long pools = card.allocate(POOL_BYTES);
            card.kernel("rates", "scatter")
                    .with()
                    .address(pools)
                    .address(POOL_BYTES / 2)
                    .launch(4096, 1, 256, 0, stream.handle());
            double rate = readRate(card, stream, pools);
            System.out.printf("%s, reads %.0f GB/s%n%n", card.description(), rate);
            for (int heads : new int[] {16, 32}) {
                var benchmark = new AttentionCardBenchmark(card, stream, pools, heads, 8);
                for (int batch : new int[] {1, 8, 32, 64}) {
                    benchmark.decode(batch, 512, rate);
                }
                for (int batch : new int[] {1, 8}) {
                    benchmark.decode(batch, 32_768, rate);
                }
                benchmark.prefill(0, 2048);
                benchmark.prefill(8192, 512);
            }
            card.free(pools);
        }
    }

    /// GB/s.
    private static double readRate(CudaCard card, CudaStream stream, long memory) {
        CudaKernel sum = card.kernel("rates", "sum_all");
        double micros = micros(
                stream,
                4,
                _ -> sum.with()
                        .address(memory)
                        .address(READ_BYTES / 16)
                        .address(memory)
                        .launch(8 * card.multiprocessors(), 1, 512, 0, stream.handle()));
        return READ_BYTES / micros * 1e-3;
    }

    private interface Launch {
        void of(int layer);
    }

    /// The least of several rounds' means.
    private static double micros(CudaStream stream, int launches, Launch launch) {
        double least = Double.POSITIVE_INFINITY;
        long before = stream.mark();
        long after = stream.mark();
        for (int round = 0; round < ROUNDS; round++) {
            launch.of(0);
            stream.remark(before);
            for (int i = 0; i < launches; i++) {
                launch.of(i);
            }
            stream.remark(after);
            stream.await();
            least = Math.min(least, CudaStream.between(before, after) * 1e3 / launches);
        }
        stream.forget(before);
        stream.forget(after);
        return least;
    }

    private void decode(int batch, int context, double rate) {
        double bytes = 4.0 * batch * context * kvHeads * DIM;
        double micros = step(batch, context - 1, 1, bytes);
        System.out.printf(
                "decode  %2d/%d x %d  batch %2d  context %5d  %8.2f us  %6.0f GB/s  %3.0f %% of the read rate%n",
                heads, kvHeads, DIM, batch, context, micros, bytes / micros * 1e-3, bytes / micros * 0.1 / rate);
    }

    private void prefill(int past, int tokens) {
        double micros = step(1, past, tokens, 4.0 * (past + tokens) * kvHeads * DIM);
        double seen = (past + (tokens + 1) / 2.0) * tokens;
        System.out.printf(
                "prefill %2d/%d x %d  %d tokens behind %d  %8.2f us  %6.1f TFLOPS%n",
                heads, kvHeads, DIM, tokens, past, micros, 4 * seen * heads * DIM / micros * 1e-6);
    }

    /// @param bytes that a launch reads from its pool
    private double step(int rows, int past, int tokensOfRow, double bytes) {
        int tokens = rows * tokensOfRow;
        int width = (past + tokensOfRow) / BLOCK_TOKENS + 1;
        int[] positions = new int[tokens];
        int[] starts = new int[rows + 1];
        for (int token = 0; token < tokens; token++) {
            positions[token] = past + token % tokensOfRow;
        }
        Arrays.setAll(starts, row -> row * tokensOfRow);
        int blocks = rows * width;
        int[] table = new int[blocks];
        // Neighbours in a row are no neighbours in memory.
        Arrays.setAll(table, i -> i % width * rows + i / width);
        List<Long> taken = new ArrayList<>();
        long layerBytes = 4L * blocks * BLOCK_TOKENS * kvHeads * DIM;
        int layers = (int) Math.min(64, POOL_BYTES / layerBytes);
        long floats = put(taken, OneNode.random(1, 4 * tokens * heads * DIM));
        long row = 4L * tokens * heads * DIM;
        AttentionCall[] calls = new AttentionCall[layers];
        long onCard = put(taken, positions);
        long startsOnCard = put(taken, starts);
        long tableOnCard = put(taken, table);
        Arrays.setAll(
                calls,
                layer -> new AttentionCall(
                        tokens,
                        rows,
                        width,
                        floats,
                        floats + row,
                        floats + 2 * row,
                        pools + layer * layerBytes,
                        onCard,
                        startsOnCard,
                        tableOnCard,
                        floats,
                        floats,
                        floats,
                        floats,
                        0,
                        floats + 3 * row,
                        stream.handle()));
        int launches = (int) Math.clamp(2e9 / bytes, 10, 400);
        double micros = micros(stream, launches, i -> attention.launch(calls[i % layers]));
        taken.forEach(card::free);
        return micros;
    }

    private long put(List<Long> taken, Object array) {
        MemorySegment host = array instanceof int[] integers
                ? MemorySegment.ofArray(integers)
                : MemorySegment.ofArray((float[]) array);
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            long address = card.allocate(host.byteSize());
            taken.add(address);
            stream.copyToDevice(address, arena.allocate(host.byteSize(), 64).copyFrom(host));
            stream.await();
            return address;
        }
    }
}
