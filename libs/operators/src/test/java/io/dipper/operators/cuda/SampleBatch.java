package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.onnxgraph.ElementType;
import io.dipper.operators.OneNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.jspecify.annotations.Nullable;

/// Rows of logits that are drawn from together, by the Java form or on a card.
final class SampleBatch {
    /// What an engine's captured graph has room for beyond what a step uses.
    private static final int SPARE = 5;

    private final int vocabulary;
    private final List<float[]> logits = new ArrayList<>();
    private final List<float[]> floats = new ArrayList<>();
    private final List<long[]> ints = new ArrayList<>();
    private final List<List<int[]>> penalties = new ArrayList<>();
    private final List<List<float[]>> biases = new ArrayList<>();

    /// What was drawn.
    ///
    /// @param topIds [rows, width]
    record Drawn(int[] ids, float[] logprobs, int[] topIds, float[] topLogprobs) {}

    SampleBatch(int vocabulary) {
        this.vocabulary = vocabulary;
    }

    int rows() {
        return logits.size();
    }

    /// @param settings temperature, top-p, min-p, top-k
    void row(float[] row, float[] settings, long seed, long position, int alternatives, int forced) {
        logits.add(row);
        floats.add(new float[] {settings[0], settings[1], settings[2], 0, 0, 1});
        ints.add(new long[] {seed, position, (long) settings[3], alternatives, forced});
        penalties.add(new ArrayList<>());
        biases.add(new ArrayList<>());
    }

    /// Of the row that was added last.
    void penalise(Random random, int count, float presence, float frequency, float repetition) {
        floats.getLast()[3] = presence;
        floats.getLast()[4] = frequency;
        floats.getLast()[5] = repetition;
        random.ints(0, vocabulary)
                .distinct()
                .limit(Math.min(count, vocabulary))
                .forEach(id -> penalties.getLast().add(new int[] {id, random.nextInt(4)}));
    }

    void bias(int id, float value) {
        biases.getLast().add(new float[] {id, value});
    }

    /// One of the rows without its company.
    SampleBatch alone(int row) {
        var one = new SampleBatch(vocabulary);
        one.logits.add(logits.get(row));
        one.floats.add(floats.get(row));
        one.ints.add(ints.get(row));
        one.penalties.add(penalties.get(row));
        one.biases.add(biases.get(row));
        return one;
    }

    /// Draws on the card what the Java form draws.
    void check(CudaCard card) {
        Drawn expected = draw(null);
        Drawn actual = draw(card);
        List<String> wrong = new ArrayList<>();
        for (int row = 0; row < rows(); row++) {
            if (actual.ids()[row] != expected.ids()[row]) {
                wrong.add("row %d with %s and top-k %d drew %d instead of %d"
                        .formatted(
                                row,
                                Arrays.toString(floats.get(row)),
                                ints.get(row)[2],
                                actual.ids()[row],
                                expected.ids()[row]));
            }
        }
        assertThat(wrong).isEmpty();
        assertClose(actual.logprobs(), expected.logprobs());
        int wide = Math.min(CudaOperators.MOST_ALTERNATIVES, vocabulary);
        int shown = expected.topIds().length / rows();
        for (int row = 0; row < rows(); row++) {
            int at = row;
            assertThat(Arrays.copyOfRange(actual.topIds(), row * wide, row * wide + shown))
                    .as(() -> "alternatives of row " + at)
                    .containsExactly(Arrays.copyOfRange(expected.topIds(), row * shown, (row + 1) * shown));
            assertClose(
                    Arrays.copyOfRange(actual.topLogprobs(), row * wide, row * wide + shown),
                    Arrays.copyOfRange(expected.topLogprobs(), row * shown, (row + 1) * shown));
            assertThat(Arrays.copyOfRange(actual.topIds(), row * wide + shown, (row + 1) * wide))
                    .containsOnly(shown == wide ? new int[0] : new int[] {-1});
        }
    }

    private static void assertClose(float[] actual, float[] expected) {
        assertThat(countable(actual)).containsExactly(countable(expected), Offset.offset(1e-4f));
    }

    /// With a number for NaN, which is close to nothing.
    private static float[] countable(float[] logprobs) {
        float[] values = logprobs.clone();
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.isNaN(values[i]) ? 1e9f : values[i];
        }
        return values;
    }

    Drawn draw(@Nullable CudaCard card) {
        int rows = rows();
        float[] all = new float[rows * vocabulary];
        float[] decimals = new float[6 * rows];
        long[] numbers = new long[5 * rows];
        int[] penaltyStarts = new int[rows + 1];
        int[] biasStarts = new int[rows + 1];
        List<int[]> penalised = new ArrayList<>();
        List<float[]> biased = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            System.arraycopy(logits.get(row), 0, all, row * vocabulary, vocabulary);
            System.arraycopy(floats.get(row), 0, decimals, 6 * row, 6);
            System.arraycopy(ints.get(row), 0, numbers, 5 * row, 5);
            penalised.addAll(penalties.get(row));
            biased.addAll(biases.get(row));
            penaltyStarts[row + 1] = penalised.size();
            biasStarts[row + 1] = biased.size();
        }
        for (int i = 0; i < SPARE; i++) {
            penalised.add(new int[] {i, 3});
            biased.add(new float[] {i, 50});
        }
        float[] values = new float[biased.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = biased.get(i)[1];
        }
        List<Object> outputs = new OneNode("Sample", card)
                .input(all, rows, vocabulary)
                .input(decimals, rows, 6)
                .input(numbers, rows, 5)
                .input(penaltyStarts, rows + 1L)
                .input(penalised.stream().mapToInt(pair -> pair[0]).toArray(), penalised.size())
                .input(penalised.stream().mapToInt(pair -> pair[1]).toArray(), penalised.size())
                .input(biasStarts, rows + 1L)
                .input(biased.stream().mapToInt(pair -> (int) pair[0]).toArray(), biased.size())
                .input(values, biased.size())
                .runAll(ElementType.I32, ElementType.F32, ElementType.I32, ElementType.F32);
        return new Drawn(
                (int[]) outputs.get(0), (float[]) outputs.get(1), (int[]) outputs.get(2), (float[]) outputs.get(3));
    }
}
