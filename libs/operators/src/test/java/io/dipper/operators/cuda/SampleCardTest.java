package io.dipper.operators.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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
        {5, 0.97f, 0, 0},
        {1.5f, 0.8f, 0, 3000},
        {3, 1, 0, 2500},
        {0.01f, 0.999f, 0, 2500},
    };

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "1, 64",
        "2, 3",
        "7, 1",
        "7, 64",
        "300, 64",
        "32000, 1",
        "32000, 3",
        "32000, 64",
        "32003, 14",
        "151936, 1",
        "151936, 3",
        "151936, 64",
        "262144, 1",
        "262144, 3",
        "262144, 64"
    })
    void mixedSettingsDrawTheJavaFormsIds(int vocabulary, int rows) {
        var random = new Random(31L * vocabulary + rows);
        var batch = new SampleBatch(vocabulary);
        for (int row = 0; row < rows; row++) {
            float[] settings = SETTINGS[(row + vocabulary) % SETTINGS.length];
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), random.nextInt(5000), -1, -1);
        }
        batch.check(card);
    }

    /// A vocabulary that no cluster's shared memory holds.
    @Test
    void rowsThatFitNoClusterDrawTheJavaFormsIds() {
        int vocabulary = 450_001;
        var random = new Random(3);
        var batch = new SampleBatch(vocabulary);
        for (float[] settings : SETTINGS) {
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 77, 3, -1);
            batch.penalise(random, 100, 0.1f, 0.2f, 1.1f);
            batch.bias(vocabulary - 1, 8);
        }
        batch.check(card);
    }

    enum Shape {
        ALL_EQUAL,
        FEW_VALUES,
        TIES_AT_THE_TOP,
        ONE_SPIKE,
        MOSTLY_IMPOSSIBLE,
        ALL_IMPOSSIBLE,
        ONE_INFINITE,
        HUGE,
        TINY,
        ZEROS_OF_BOTH_SIGNS,
        SOME_NOT_NUMBERS,
        FIRST_NOT_A_NUMBER
    }

    @ParameterizedTest
    @EnumSource(Shape.class)
    void oddLogitsDrawTheJavaFormsIds(Shape shape) {
        for (int vocabulary : new int[] {90, 5000, 32_000}) {
            var random = new Random(shape.name().hashCode());
            var batch = new SampleBatch(vocabulary);
            for (int round = 0; round < 4; round++) {
                for (float[] settings : SETTINGS) {
                    batch.row(odd(shape, random, vocabulary), settings, random.nextLong(), round, 5 * round, -1);
                }
            }
            batch.check(card);
        }
    }

    private static float[] odd(Shape shape, Random random, int vocabulary) {
        float[] logits = new float[vocabulary];
        for (int id = 0; id < vocabulary; id++) {
            logits[id] = switch (shape) {
                case ALL_EQUAL -> 1.5f;
                case FEW_VALUES -> random.nextInt(3) - 1;
                case TIES_AT_THE_TOP -> random.nextInt(40) == 0 ? 9 : random.nextFloat();
                case ONE_SPIKE -> id == 1234 ? 90 : random.nextFloat();
                case MOSTLY_IMPOSSIBLE -> random.nextInt(100) == 0 ? random.nextFloat() : Float.NEGATIVE_INFINITY;
                case ALL_IMPOSSIBLE -> Float.NEGATIVE_INFINITY;
                case ONE_INFINITE -> id == 31 ? Float.POSITIVE_INFINITY : random.nextFloat();
                case HUGE -> (random.nextFloat() - 0.5f) * 1e38f;
                case TINY -> (random.nextFloat() - 0.5f) * 1e-38f;
                case ZEROS_OF_BOTH_SIGNS -> random.nextBoolean() ? 0f : -0f;
                case SOME_NOT_NUMBERS -> random.nextInt(30) == 0 && id > 0 ? Float.NaN : random.nextFloat();
                case FIRST_NOT_A_NUMBER -> id == 0 ? Float.NaN : random.nextFloat();
            };
        }
        return logits;
    }

    @ParameterizedTest
    @CsvSource({"32000, 0", "32000, 1", "32000, 20", "7, 20", "1, 20", "151936, 5", "262144, 20"})
    void logprobsAndAlternativesAreTheJavaForms(int vocabulary, int alternatives) {
        var random = new Random(alternatives);
        var batch = new SampleBatch(vocabulary);
        for (float[] settings : SETTINGS) {
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 3, alternatives, -1);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 3, alternatives, vocabulary / 2);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 3, alternatives - 1, vocabulary);
        }
        batch.check(card);
    }

    @ParameterizedTest
    @ValueSource(ints = {50, 32_000, 151_936})
    void penaltiesAndBiasesTurnTheSameChoices(int vocabulary) {
        var random = new Random(9);
        var batch = new SampleBatch(vocabulary);
        for (float[] settings : SETTINGS) {
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 1, 2, -1);
            batch.penalise(random, 40, 0.4f, 0.3f, 1.2f);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 1, -1, -1);
            for (float value : new float[] {9.1f, -2.3f, 1e8f, -1e8f, 1.7f}) {
                batch.bias(3, value);
                batch.bias(vocabulary - 2, value / 2);
            }
            batch.bias(4, Float.NEGATIVE_INFINITY);
            batch.bias(vocabulary, 100);
            batch.bias(-1, 100);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 1, -1, -1);
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 1, 20, -1);
            batch.penalise(random, 2000, 1.4f, -0.3f, 0.8f);
            batch.bias(vocabulary / 2, 12);
        }
        batch.check(card);
    }

    @Test
    void aRowDrawsTheSameInAnyCompany() {
        int vocabulary = 151_936;
        var random = new Random(12);
        var batch = new SampleBatch(vocabulary);
        for (float[] settings : SETTINGS) {
            batch.row(gaussian(random, vocabulary), settings, random.nextLong(), 8, 20, -1);
        }
        SampleBatch.Drawn together = batch.draw(card);
        for (int row = 0; row < batch.rows(); row++) {
            SampleBatch.Drawn alone = batch.alone(row).draw(card);
            assertThat(alone.ids()[0]).isEqualTo(together.ids()[row]);
            assertThat(alone.logprobs()[0]).isEqualTo(together.logprobs()[row]);
        }
    }

    private static float[] gaussian(Random random, int vocabulary) {
        float[] logits = new float[vocabulary];
        for (int id = 0; id < vocabulary; id++) {
            logits[id] = (float) random.nextGaussian() * 3;
        }
        return logits;
    }
}
