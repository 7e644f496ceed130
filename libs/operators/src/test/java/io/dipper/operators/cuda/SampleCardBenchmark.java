package io.dipper.operators.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Drawing alone on a card: microseconds a step out of captured graphs, by settings, rows and threads
/// of a block.
public final class SampleCardBenchmark {
    private static final int VOCABULARY = 151_936;
    private static final int LAUNCHES = 20;
    private static final int PENALTIES = 500;
    private static final int[] ROWS = {1, 8, 64};
    private static final int[] BLOCKS = {512, 1024};

    /// temperature, top-p, min-p, top-k, alternatives, penalties
    private record Case(
            String name, float temperature, float topP, float minP, int topK, int alternatives, int lists) {}

    private static final List<Case> CASES = List.of(
            new Case("greedy", 0, 1, 0, 0, -1, 0),
            new Case("greedy, penalties", 0, 1, 0, 0, -1, PENALTIES),
            new Case("temperature 0.7", 0.7f, 1, 0, 0, -1, 0),
            new Case("top-k 50", 0.7f, 1, 0, 50, -1, 0),
            new Case("top-p 0.9", 0.7f, 0.9f, 0, 0, -1, 0),
            new Case("top-p 0.9, hot", 1.5f, 0.9f, 0, 0, -1, 0),
            new Case("top-k 50, top-p 0.9", 0.7f, 0.9f, 0, 50, -1, 0),
            new Case("top-k 5000, top-p 0.9", 1.5f, 0.9f, 0, 5000, -1, 0),
            new Case("min-p 0.05", 0.7f, 1, 0.05f, 0, -1, 0),
            new Case("greedy, logprob", 0, 1, 0, 0, 0, 0),
            new Case("greedy, 20 alternatives", 0, 1, 0, 0, 20, 0));

    private final CardBench bench;
    private final List<CudaSample> forms = new ArrayList<>();

    private SampleCardBenchmark(CardBench bench) {
        this.bench = bench;
        for (int block : BLOCKS) {
            forms.add(new CudaSample(bench.card, block));
        }
    }

    public static void main(String[] arguments) {
        try (var bench = new CardBench(CudaCard.open(0))) {
            System.out.printf("%s, vocabulary %,d%n", bench.card.description(), VOCABULARY);
            var benchmark = new SampleCardBenchmark(bench);
            for (int rows : ROWS) {
                CASES.forEach(each -> benchmark.run(each, rows, 0));
                benchmark.run(CASES.get(6), rows, 1);
                benchmark.run(CASES.get(4), rows, 1);
            }
        }
    }

    /// @param equal share of logits that are the same
    private void run(Case each, int rows, int equal) {
        var random = new Random(rows);
        float[] logits = new float[rows * VOCABULARY];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = equal == 1 ? 1 : (float) random.nextGaussian() * 3;
        }
        float[] decimals = new float[6 * rows];
        long[] numbers = new long[5 * rows];
        int[] starts = new int[rows + 1];
        for (int row = 0; row < rows; row++) {
            float[] of = {each.temperature, each.topP, each.minP, 0.5f, 0.5f, 1.1f};
            System.arraycopy(of, 0, decimals, 6 * row, 6);
            long[] whole = {random.nextLong(), row, each.topK, each.alternatives, -1};
            System.arraycopy(whole, 0, numbers, 5 * row, 5);
            starts[row + 1] = starts[row] + each.lists;
        }
        int[] ids = random.ints(starts[rows], 0, VOCABULARY).toArray();
        long lists = bench.integers(starts);
        long listed = bench.integers(ids);
        long none = bench.integers(new int[rows + 1]);
        long[] inputs = {floats(logits), floats(decimals), longs(numbers), lists, listed, listed, none, listed, listed};
        long tops = bench.floats(2L * rows * CudaOperators.MOST_ALTERNATIVES);
        long drawn = bench.floats(2L * rows);
        long[] outputs = {drawn, drawn + 4L * rows, tops, tops + 4L * rows * CudaOperators.MOST_ALTERNATIVES};
        var line = new StringBuilder();
        for (CudaSample form : forms) {
            double micros = bench.microseconds(LAUNCHES, () -> {
                for (int i = 0; i < LAUNCHES; i++) {
                    form.launch(inputs, outputs, rows, VOCABULARY, bench.stream.handle());
                }
            });
            line.append("%9.2f us".formatted(micros));
        }
        System.out.printf("rows %2d  %-26s%s%s%n", rows, each.name, line, equal == 1 ? "  all equal" : "");
        bench.forget();
    }

    private long floats(float[] values) {
        long address = bench.floats(values.length);
        try (Arena arena = Arena.ofConfined()) {
            bench.stream.copyToDevice(address, arena.allocateFrom(JAVA_FLOAT, values));
            bench.stream.await();
        }
        return address;
    }

    private long longs(long[] values) {
        long address = bench.floats(2L * values.length);
        try (Arena arena = Arena.ofConfined()) {
            bench.stream.copyToDevice(address, arena.allocateFrom(JAVA_LONG, values));
            bench.stream.await();
        }
        return address;
    }
}
