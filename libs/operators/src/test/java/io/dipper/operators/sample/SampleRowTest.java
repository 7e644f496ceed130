package io.dipper.operators.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SampleRowTest {
    @Test
    void philoxGivesItsPublishedNumbers() {
        int[] zeros = new int[4];
        Philox.apply(zeros, 0, 0);
        assertThat(zeros).containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
        int[] ones = {-1, -1, -1, -1};
        Philox.apply(ones, -1, -1);
        assertThat(ones).containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    }

    @Test
    void drawsFollowTheDistribution() {
        float[] logits = {1f, 0f, 2f, -1f};
        double total = Math.exp(1) + Math.exp(0) + Math.exp(2) + Math.exp(-1);
        int[] counts = new int[4];
        int draws = 40_000;
        for (int position = 0; position < draws; position++) {
            counts[new SampleRow(logits.clone()).choose(parameters(1, 1, 0, 0, position))]++;
        }
        for (int id = 0; id < 4; id++) {
            assertThat(counts[id] / (double) draws).isCloseTo(Math.exp(logits[id]) / total, within(0.01));
        }
    }

    @ParameterizedTest
    @CsvSource({"0, 1, 0, 0", "1, 1, 1, 0", "1, 1, 0, 1", "1, 0, 0, 0", "1, 1e-6, 0, 0"})
    void theseSettingsAreGreedy(float temperature, float topP, int topK, float minP) {
        var random = new Random(5);
        for (int trial = 0; trial < 50; trial++) {
            float[] logits = new float[100];
            int best = 0;
            for (int i = 0; i < logits.length; i++) {
                logits[i] = random.nextFloat() * 8;
                best = logits[i] > logits[best] ? i : best;
            }
            assertThat(new SampleRow(logits).choose(parameters(temperature, topP, topK, minP, trial)))
                    .isEqualTo(best);
        }
    }

    @Test
    void theLowestIdWinsTies() {
        assertThat(new SampleRow(new float[] {1, 3, 3, 2}).choose(parameters(0, 1, 0, 0, 0)))
                .isEqualTo(1);
    }

    @Test
    void whatIsNotANumberIsNeverDrawnUnlessNothingElseIsKept() {
        float[] logits = {0f, Float.NaN, 2f, 1f};
        assertThat(new SampleRow(logits.clone()).choose(parameters(0, 1, 0, 0, 0)))
                .isEqualTo(2);
        for (int position = 0; position < 200; position++) {
            assertThat(new SampleRow(logits.clone()).choose(parameters(1, 0.5f, 0, 0, position)))
                    .isNotEqualTo(1);
            // It takes the first of the two places.
            assertThat(new SampleRow(logits.clone()).choose(parameters(1, 1, 2, 0, position)))
                    .isEqualTo(2);
        }
        float[] first = {Float.NaN, 1f, 2f};
        assertThat(new SampleRow(first.clone()).choose(parameters(0, 1, 0, 0, 0)))
                .isZero();
        assertThat(new SampleRow(first.clone()).choose(parameters(1, 1, 0, 0, 0)))
                .isZero();
    }

    @Test
    void whereAllIsImpossibleTheFirstIdIsChosen() {
        float[] logits = {Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
        assertThat(new SampleRow(logits.clone()).choose(parameters(0, 1, 0, 0, 0)))
                .isZero();
        assertThat(new SampleRow(logits.clone()).choose(parameters(1, 0.9f, 0, 0, 0)))
                .isZero();
    }

    @Test
    void severalBiasesOfAnIdAddUpInTheirOrder() {
        float[] logits = {0.5f};
        var row = new SampleRow(logits);
        row.addBias(0, 1e8f);
        row.addBias(0, 1f);
        row.addBias(0, -1e8f);
        assertThat(logits).containsExactly(0.5f + 1e8f + 1f - 1e8f);
    }

    @Test
    void topKAndTopPKeepOnlyTheLikeliest() {
        float[] logits = {0f, 1f, 2f, 3f};
        for (int position = 0; position < 2000; position++) {
            assertThat(new SampleRow(logits.clone()).choose(parameters(5, 1, 2, 0, position)))
                    .isIn(2, 3);
            assertThat(new SampleRow(logits.clone()).choose(parameters(1, 0.7f, 0, 0, position)))
                    .isIn(2, 3);
            assertThat(new SampleRow(logits.clone()).choose(parameters(1, 1, 0, 0.3f, position)))
                    .isIn(2, 3);
        }
    }

    @Test
    void aDrawDependsOnSeedPositionAndTokenAlone() {
        float[] logits = new Random(1).doubles(50).collect(() -> new float[50], (a, d) -> {}, (a, b) -> {});
        var one = new SampleRow(logits.clone()).choose(parameters(1, 1, 0, 0, 9));
        float[] longer = java.util.Arrays.copyOf(logits, 60);
        java.util.Arrays.fill(longer, 50, 60, Float.NEGATIVE_INFINITY);
        assertThat(new SampleRow(longer).choose(parameters(1, 1, 0, 0, 9))).isEqualTo(one);
    }

    @Test
    void penaltiesAndBiasesShiftLogits() {
        float[] logits = {2f, -2f, 1f};
        var row = new SampleRow(logits);
        var parameters = new SampleParameters(0, 1, 0, 0.5f, 0.25f, 2f, 0, 0, 0, -1, -1);
        row.penalise(0, 2, parameters);
        row.penalise(1, 0, parameters);
        row.addBias(2, -3f);
        assertThat(logits).containsExactly(2f / 2 - 0.5f - 0.5f, -4f, -2f);
    }

    private static SampleParameters parameters(float temperature, float topP, int topK, float minP, long position) {
        return new SampleParameters(temperature, topP, minP, 0, 0, 1, 42, position, topK, -1, -1);
    }
}
