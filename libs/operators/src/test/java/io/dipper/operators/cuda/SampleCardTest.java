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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Drawing, in its CUDA form beside its Java form: the same ids.
@Tag("card")
class SampleCardTest {
    private @Nullable CudaCard card;

    @BeforeEach
    void open() {
        card = TestCard.open();
    }

    @AfterEach
    void close() {
        if (card != null) {
            card.close();
        }
    }

    /// temperature, top-p, min-p, top-k
    private static final float[][] SETTINGS = {
        {0, 1, 0, 0},
        {1, 1, 0, 0},
        {0.7f, 0.9f, 0, 0},
        {1, 1, 0, 50},
        {1.3f, 0.5f, 0, 7},
        {0.8f, 0.95f, 0.05f, 40},
        {1, 1, 0.1f, 0},
        {2, 0.99f, 0, 1000},
        {1, 1e-6f, 0, 0},
        {0.2f, 0.3f, 0, 0},
    };

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 300, 32_000, 151_936, 262_144})
    void allSettingsInOneBatchDrawTheJavaFormsIds(int vocabulary) {
        var random = new Random(vocabulary);
        var batch = new Batch(vocabulary);
        for (int round = 0; round < (vocabulary > 40_000 ? 2 : 8); round++) {
            for (float[] settings : SETTINGS) {
                batch.row(gaussian(random, vocabulary), settings, random.nextLong(), random.nextInt(5000), -1, -1);
            }
        }
        batch.check(card);
    }

    enum Shape {
        ALL_EQUAL,
        FEW_VALUES,
        ONE_SPIKE,
        MOSTLY_IMPOSSIBLE,
        HUGE
    }

    @ParameterizedTest
    @EnumSource(Shape.class)
    void oddLogitsDrawTheJavaFormsIds(Shape shape) {
        int vocabulary = 5000;
        var random = new Random(shape.name().hashCode());
        var batch = new Batch(vocabulary);
        for (int round = 0; round < 5; round++) {
            for (float[] settings : SETTINGS) {
                batch.row(odd(shape, random, vocabulary), settings, random.nextLong(), round, 5, -1);
            }
        }
        batch.check(card);
    }

    private static float[] odd(Shape shape, Random random, int vocabulary) {
        float[] logits = new float[vocabulary];
        for (int id = 0; id < vocabulary; id++) {
            logits[id] = switch (shape) {
                case ALL_EQUAL -> 1.5f;
                case FEW_VALUES -> random.nextInt(3) - 1;
                case ONE_SPIKE -> id == 1234 ? 90 : random.nextFloat();
                case MOSTLY_IMPOSSIBLE -> random.nextInt(100) == 0 ? random.nextFloat() : Float.NEGATIVE_INFINITY;
                case HUGE -> (random.nextFloat() - 0.5f) * 1e30f;
            };
        }
        return logits;
    }

    @ParameterizedTest
    @CsvSource({"32000, 0", "32000, 1", "32000, 20", "7, 20", "151936, 5"})
    void logprobsAndAlternativesAreTheJavaForms(int vocabulary, int alternatives) {
        var random = new Random(alternatives);
        var batch = new Batch(vocabulary);
        for (float[] settings : SETTINGS) {
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 3, alternatives, -1);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 3, alternatives, vocabulary / 2);
        }
        batch.check(card);
    }

    @ParameterizedTest
    @ValueSource(ints = {50, 32_000})
    void penaltiesAndBiasesTurnTheSameChoices(int vocabulary) {
        var random = new Random(9);
        var batch = new Batch(vocabulary);
        for (float[] settings : SETTINGS) {
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 1, 2, -1);
            batch.penalise(random, 40, 0.4f, 0.3f, 1.2f);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 1, -1, -1);
            batch.bias(3, 9f);
            batch.bias(3, -2f);
            batch.bias(4, Float.NEGATIVE_INFINITY);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 1, -1, -1);
        }
        batch.check(card);
    }

    private static float[] gaussian(Random random, int vocabulary) {
        float[] logits = new float[vocabulary];
        for (int id = 0; id < vocabulary; id++) {
            logits[id] = (float) random.nextGaussian() * 3;
        }
        return logits;
    }

    /// Rows that are drawn from together.
    private static final class Batch {
        private final int vocabulary;
        private final List<float[]> logits = new ArrayList<>();
        private final List<float[]> floats = new ArrayList<>();
        private final List<long[]> ints = new ArrayList<>();
        private final List<List<int[]>> penalties = new ArrayList<>();
        private final List<List<float[]>> biases = new ArrayList<>();

        Batch(int vocabulary) {
            this.vocabulary = vocabulary;
        }

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
                    .limit(count)
                    .forEach(id -> penalties.getLast().add(new int[] {id, random.nextInt(4)}));
        }

        void bias(int id, float value) {
            biases.getLast().add(new float[] {id, value});
        }

        void check(CudaCard card) {
            List<Object> expected = run(null);
            List<Object> actual = run(card);
            assertThat((int[]) actual.get(0)).containsExactly((int[]) expected.get(0));
            assertThat(countable(actual.get(1))).containsExactly(countable(expected.get(1)), Offset.offset(1e-4f));
            int wide = Math.min(CudaSample.MOST_ALTERNATIVES, vocabulary);
            int shown = ((int[]) expected.get(2)).length / logits.size();
            for (int row = 0; row < logits.size(); row++) {
                assertThat(Arrays.copyOfRange((int[]) actual.get(2), row * wide, row * wide + shown))
                        .containsExactly(Arrays.copyOfRange((int[]) expected.get(2), row * shown, (row + 1) * shown));
                assertThat(Arrays.copyOfRange((float[]) actual.get(3), row * wide, row * wide + shown))
                        .containsExactly(
                                Arrays.copyOfRange((float[]) expected.get(3), row * shown, (row + 1) * shown),
                                Offset.offset(1e-4f));
            }
        }

        /// With a number for NaN, which is close to nothing.
        private static float[] countable(Object logprobs) {
            float[] values = ((float[]) logprobs).clone();
            for (int i = 0; i < values.length; i++) {
                values[i] = Float.isNaN(values[i]) ? 1e9f : values[i];
            }
            return values;
        }

        private List<Object> run(@Nullable CudaCard card) {
            int rows = logits.size();
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
            float[] values = new float[biased.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = biased.get(i)[1];
            }
            return new OneNode("Sample", card)
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
        }
    }
}
