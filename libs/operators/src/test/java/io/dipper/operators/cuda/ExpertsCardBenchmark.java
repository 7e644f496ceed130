package io.dipper.operators.cuda;

import io.dipper.operators.attention.LatentShape;
import io.dipper.operators.delta.DeltaShape;
import io.dipper.operators.experts.RouterShape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Experts and latent attention at the widths of published designs, alone on a card: microseconds a
/// layer out of captured graphs, the bytes that must move, and what share of the card's read rate that is.
///
/// Experts of a graph's layers are chosen at random, each layer's anew, from one layer's weights.
public final class ExpertsCardBenchmark {
    private static final int[] TOKENS = {1, 2, 4, 8, 32, 512};
    private static final int MANY = 512;
    private static final int BLOCK_TOKENS = 32;

    private final CardBench bench;
    private final double rate;

    private record Design(
            String name, int experts, int used, int hidden, int inner, boolean weighsInput, boolean isBiased) {
        long bytesOfExpert() {
            return 6L * hidden * inner;
        }

        double flops(int tokens) {
            return 6.0 * tokens * used * hidden * inner;
        }
    }

    private static final List<Design> DESIGNS = List.of(
            new Design("Qwen3-30B-A3B", 128, 8, 2048, 768, false, false),
            new Design("Qwen3-Next", 512, 10, 2048, 512, false, false),
            new Design("gpt-oss-120b", 128, 4, 2880, 2880, false, true),
            new Design("Llama 4 Scout", 16, 1, 5120, 8192, true, false),
            new Design("DeepSeek V3", 256, 8, 7168, 2048, false, false),
            new Design("Kimi K2", 384, 8, 7168, 2048, false, false));

    private ExpertsCardBenchmark(CardBench bench) {
        this.bench = bench;
        this.rate = bench.readRate();
    }

    public static void main(String[] args) {
        try (var bench = new CardBench(CudaCard.open(0))) {
            var benchmark = new ExpertsCardBenchmark(bench);
            System.out.printf("%s, read rate %.0f GB/s%n%n", bench.card.description(), benchmark.rate / 1e9);
            System.out.println("| design | tokens | MB | least, µs | chosen form, µs | share of the read rate | TFLOPS "
                    + "| few | tiles |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            DESIGNS.forEach(benchmark::experts);
            System.out.println();
            System.out.println("| delta: rows | new | MB | least, µs | µs |");
            System.out.println("| --- | --- | --- | --- | --- |");
            for (int[] step : new int[][] {{1, 1}, {8, 1}, {32, 1}, {1, 512}}) {
                benchmark.delta(step[0], step[1]);
            }
            System.out.println();
            for (int tokens : new int[] {1, 32, 512}) {
                benchmark.route(256, 8, tokens);
                benchmark.route(512, 10, tokens);
            }
            System.out.println();
            System.out.println(
                    "| latent attention: heads | rows | new | context | MB | least, µs | µs | share | TFLOPS |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            int[][] steps = {{1, 1, 512}, {1, 1, 4096}, {8, 1, 512}, {32, 1, 512}, {32, 1, 4096}, {1, 512, 512}};
            for (int heads : new int[] {64, 128}) {
                for (int[] step : steps) {
                    benchmark.latent(heads, step[0], step[1], step[2]);
                }
            }
        }
    }

    private void experts(Design design) {
        long gateUp = bench.halves(2L * design.experts() * design.inner() * design.hidden());
        long down = bench.halves((long) design.experts() * design.inner() * design.hidden());
        long x = bench.floats((long) MANY * design.hidden());
        long y = bench.floats((long) MANY * design.hidden());
        long weights = bench.floats((long) MANY * design.used());
        long upBias = design.isBiased() ? bench.floats(2L * design.experts() * design.inner()) : 0;
        long downBias = design.isBiased() ? bench.floats((long) design.experts() * design.hidden()) : 0;
        var forms = new ExpertsForms(bench.card, new CudaGate(CardBench.structure(0, 0, 0, 0), false));
        for (int tokens : TOKENS) {
            int layers = tokens == MANY ? 2 : 8;
            int[] choices = choices(design, layers * tokens);
            long chosen = bench.integers(choices);
            List<ExpertsCall> calls = IntStream.range(0, layers)
                    .mapToObj(layer -> new ExpertsCall(
                            tokens,
                            design.used(),
                            design.experts(),
                            design.hidden(),
                            design.inner(),
                            x,
                            chosen + 4L * layer * tokens * design.used(),
                            weights,
                            gateUp,
                            down,
                            upBias,
                            downBias,
                            y,
                            design.weighsInput(),
                            bench.stream.handle()))
                    .toList();
            report(design, tokens, (double) distinct(choices, layers) / layers * design.bytesOfExpert(), forms, calls);
        }
        bench.forget();
    }

    private void report(Design design, int tokens, double bytes, ExpertsForms forms, List<ExpertsCall> calls) {
        double own = bench.microseconds(calls.size(), () -> calls.forEach(forms::run));
        StringBuilder others = new StringBuilder();
        others.append(
                tokens > 8
                        ? " |"
                        : " %.1f |".formatted(bench.microseconds(calls.size(), () -> calls.forEach(forms::few))));
        for (int form = 0; form < 3; form++) {
            int which = form;
            others.append(" %.1f"
                    .formatted(
                            bench.microseconds(calls.size(), () -> calls.forEach(call -> forms.grouped(call, which)))));
        }
        System.out.printf(
                "| %s | %d | %.1f | %.1f | %.1f | %.0f %% | %.1f | %s |%n",
                design.name(),
                tokens,
                bytes / 1e6,
                bytes / rate * 1e6,
                own,
                100 * bytes / rate * 1e6 / own,
                design.flops(tokens) / own * 1e-6,
                others);
    }

    private static int[] choices(Design design, int tokens) {
        var random = new Random(1);
        return IntStream.range(0, tokens)
                .flatMap(_ -> random.ints(0, design.experts()).distinct().limit(design.used()))
                .toArray();
    }

    private static long distinct(int[] choices, int layers) {
        int each = choices.length / layers;
        return IntStream.range(0, layers)
                .mapToLong(layer -> IntStream.range(layer * each, (layer + 1) * each)
                        .map(i -> choices[i])
                        .distinct()
                        .count())
                .sum();
    }

    /// @param fresh new tokens of each row, the last ones of its context
    private void latent(int heads, int rows, int fresh, int context) {
        var shape = new LatentShape(heads, 128, 64, 128, 512, 0.07f, 1e-6f, true, BLOCK_TOKENS);
        int layers = 8;
        int tokens = rows * fresh;
        int tableWidth = context / BLOCK_TOKENS;
        long poolHalves = (long) rows * context * shape.valuesPerToken();
        long projectionHalves = heads * 256L * shape.latentDim();
        long pools = bench.halves(layers * poolHalves);
        long projections = bench.halves(layers * projectionHalves);
        int[] positions = IntStream.range(0, tokens)
                .map(token -> context - fresh + token % fresh)
                .toArray();
        int[] starts = IntStream.rangeClosed(0, rows).map(row -> row * fresh).toArray();
        var call = new LatentCall(
                tokens,
                rows,
                tableWidth,
                bench.floats(192L * heads * tokens),
                bench.floats((long) tokens * shape.valuesPerToken()),
                pools,
                bench.integers(positions),
                bench.integers(starts),
                bench.integers(IntStream.range(0, rows * tableWidth).toArray()),
                bench.floats(32L * tokens),
                bench.floats(32L * tokens),
                bench.floats(shape.latentDim()),
                projections,
                bench.floats(128L * heads * tokens),
                bench.stream.handle());
        double[] forms = IntStream.of(1, Integer.MAX_VALUE, 2 * bench.card.multiprocessors())
                .mapToDouble(enoughBlocks -> {
                    var latent = new CudaLatent(bench.card, shape, enoughBlocks);
                    return bench.microseconds(
                            layers,
                            () -> IntStream.range(0, layers)
                                    .forEach(layer -> latent.run(
                                            at(call, 2L * layer * poolHalves, 2L * layer * projectionHalves))));
                })
                .toArray();
        double microseconds = forms[2];
        double bytes = 2.0 * (poolHalves + projectionHalves);
        double seen = (context - fresh) + (fresh + 1) / 2.0;
        double flops = 2.0 * tokens * heads * (256.0 * shape.latentDim() + seen * (2 * shape.latentDim() + 64));
        System.out.printf(
                "| %d | %d | %d | %d | %.1f | %.1f | %.1f | %.0f %% | %.1f | wide %.1f, narrow %.1f%n",
                heads,
                rows,
                fresh,
                context,
                bytes / 1e6,
                bytes / rate * 1e6,
                microseconds,
                100 * bytes / rate * 1e6 / microseconds,
                flops / microseconds * 1e-6,
                forms[0],
                forms[1]);
        bench.forget();
    }

    /// Qwen3-Next's recurrent layers: each sequence's state is read and written.
    private void delta(int rows, int fresh) {
        var shape = new DeltaShape(16, 32, 128, 128, 4, 1e-6f);
        int layers = 8;
        int tokens = rows * fresh;
        long stateFloats = 32L * 128 * 128 + 3 * 8192L;
        long states = bench.floats(stateFloats * layers * rows);
        List<Long> rest = List.of(
                bench.integers(IntStream.range(0, tokens)
                        .map(token -> 9 + token % fresh)
                        .toArray()),
                bench.integers(
                        IntStream.rangeClosed(0, rows).map(row -> row * fresh).toArray()),
                bench.integers(IntStream.range(0, rows).toArray()),
                bench.halves(8192L * 4),
                bench.floats(32),
                bench.floats(32),
                bench.floats(128));
        long projected = bench.floats(12288L * tokens);
        long rates = bench.floats(64L * tokens);
        long out = bench.floats(4096L * tokens);
        var delta = new CudaDelta(bench.card, shape);
        double microseconds = bench.microseconds(
                layers,
                () -> IntStream.range(0, layers).forEach(layer -> {
                    List<Long> inputs =
                            new ArrayList<>(List.of(projected, rates, states + stateFloats * 4 * layer * rows));
                    inputs.addAll(rest);
                    delta.run(new CudaDelta.Call(tokens, rows, inputs, out, bench.stream.handle()));
                }));
        double bytes = 8.0 * rows * stateFloats + 4.0 * tokens * (12288 + 4096);
        System.out.printf(
                "| %d | %d | %.1f | %.1f | %.1f |%n", rows, fresh, bytes / 1e6, bytes / rate * 1e6, microseconds);
        bench.forget();
    }

    /// @param used experts out of half of eight groups
    private void route(int experts, int used, int tokens) {
        var shape = new RouterShape(used, RouterShape.Score.SIGMOID, 8, 4, true, true, 2.5f, 0);
        var route = new CudaRouter(bench.card, shape);
        long logits = bench.floats((long) experts * tokens);
        long correction = bench.floats(experts);
        long chosen = bench.floats((long) used * tokens);
        long weights = bench.floats((long) used * tokens);
        int layers = 8;
        double microseconds = bench.microseconds(
                layers,
                () -> IntStream.range(0, layers)
                        .forEach(_ -> route.run(new CudaRouter.Call(
                                tokens, experts, logits, correction, chosen, weights, bench.stream.handle()))));
        System.out.printf("| route: %d of %d | %d | %.1f |%n", used, experts, tokens, microseconds);
        bench.forget();
    }

    /// The same with a pool and a projection of its own.
    private static LatentCall at(LatentCall call, long poolBytes, long projectionBytes) {
        return new LatentCall(
                call.tokens(),
                call.rows(),
                call.tableWidth(),
                call.query(),
                call.latent(),
                call.pool() + poolBytes,
                call.positions(),
                call.starts(),
                call.table(),
                call.cosines(),
                call.sines(),
                call.norm(),
                call.projection() + projectionBytes,
                call.out(),
                call.stream());
    }
}
