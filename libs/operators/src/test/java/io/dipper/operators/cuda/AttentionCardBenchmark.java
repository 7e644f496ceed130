package io.dipper.operators.cuda;

import io.dipper.operators.attention.AttentionShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Attention alone on a card: microseconds a layer out of captured graphs, beside the rate at which a
/// plain kernel reads memory in the same run. Layers have pools of their own, so that keys come from
/// memory and not from a cache.
public final class AttentionCardBenchmark {
    private static final int BLOCK_TOKENS = 16;
    private static final int DIM = 128;
    private static final int KV_HEADS = 8;
    private static final int MOST_LAYERS = 28;
    private static final long MOST_POOL_BYTES = 1L << 31;

    /// Tokens that a row of the table has room for, as an engine sets it once.
    private static final int CAPACITY = 40_960;

    private final CardBench bench;
    private final double rate;
    private final int heads;
    private final TiledAttention attention;

    private AttentionCardBenchmark(CardBench bench, double rate, int heads) {
        this.bench = bench;
        this.rate = rate;
        this.heads = heads;
        float scale = (float) (1 / Math.sqrt(DIM));
        this.attention = new TiledAttention(
                bench.card,
                new AttentionShape(heads, KV_HEADS, DIM, DIM, scale, 0, 0, 0f, 1e-6f, DIM, false, BLOCK_TOKENS));
    }

    public static void main(String[] args) {
        try (var bench = new CardBench(CudaCard.open(0))) {
            double rate = bench.readRate();
            System.out.printf("%s, reads %.0f GB/s%n%n", bench.card.description(), rate * 1e-9);
            for (int heads : new int[] {16, 32}) {
                var benchmark = new AttentionCardBenchmark(bench, rate, heads);
                for (int batch : new int[] {1, 8, 32, 64}) {
                    benchmark.decode(batch, 512);
                }
                for (int batch : new int[] {1, 8}) {
                    benchmark.decode(batch, 32_768);
                }
                for (int tokens : new int[] {256, 512, 1024, 2048, 8192}) {
                    benchmark.prefill(0, tokens);
                }
                benchmark.prefill(8192, 512);
                benchmark.prefill(8192, 2048);
            }
        }
    }

    private void decode(int batch, int context) {
        double bytes = 4.0 * batch * context * KV_HEADS * DIM;
        double micros = layer(batch, context - 1, 1);
        System.out.printf(
                "decode  %d/%d x %d  batch %2d  context %5d  %8.2f us  %3.0f %% of the read rate%n",
                heads, KV_HEADS, DIM, batch, context, micros, 1e8 * bytes / micros / rate);
    }

    private void prefill(int past, int tokens) {
        double micros = layer(1, past, tokens);
        double seen = (past + (tokens + 1) / 2.0) * tokens;
        System.out.printf(
                "prefill %d/%d x %d  %d tokens behind %d  %8.2f us  %6.1f TFLOPS%n",
                heads, KV_HEADS, DIM, tokens, past, micros, 4 * seen * heads * DIM / micros * 1e-6);
    }

    private double layer(int rows, int past, int tokensOfRow) {
        int tokens = rows * tokensOfRow;
        int used = (past + tokensOfRow) / BLOCK_TOKENS + 1;
        int width = CAPACITY / BLOCK_TOKENS;
        int[] table = new int[rows * width];
        List<Integer> blocks =
                new ArrayList<>(IntStream.range(0, used * rows).boxed().toList());
        // Neighbours in a row are no neighbours in memory.
        Collections.shuffle(blocks, new Random(1));
        for (int i = 0; i < blocks.size(); i++) {
            table[i / used * width + i % used] = blocks.get(i);
        }
        long layerValues = 2L * rows * used * BLOCK_TOKENS * KV_HEADS * DIM;
        int layers = Math.clamp(MOST_POOL_BYTES / 2 / layerValues, 1, MOST_LAYERS);
        long pools = bench.halves(layers * layerValues);
        long positions = bench.integers(
                IntStream.range(0, tokens).map(i -> past + i % tokensOfRow).toArray());
        long starts = bench.integers(
                IntStream.rangeClosed(0, rows).map(row -> row * tokensOfRow).toArray());
        long tables = bench.integers(table);
        long query = bench.floats((long) tokens * heads * DIM);
        long key = bench.floats((long) tokens * KV_HEADS * DIM);
        long value = bench.floats((long) tokens * KV_HEADS * DIM);
        long angles = bench.floats(tokens * (DIM / 2L));
        long norm = bench.floats(DIM);
        long out = bench.floats((long) tokens * heads * DIM);
        var calls = new AttentionCall[layers];
        Arrays.setAll(
                calls,
                layer -> new AttentionCall(
                        tokens,
                        rows,
                        width,
                        query,
                        key,
                        value,
                        pools + 2L * layer * layerValues,
                        layerValues,
                        positions,
                        starts,
                        tables,
                        angles,
                        angles,
                        norm,
                        norm,
                        0,
                        out,
                        false,
                        bench.stream.handle()));
        int launches = Math.max(layers, 4);
        double micros = bench.microseconds(
                launches, () -> IntStream.range(0, launches).forEach(i -> attention.launch(calls[i % layers])));
        bench.forget();
        return micros;
    }
}
