package io.dipper.benchmark.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

class EstimateTest {
    private static final int ROUNDS = 2_000;

    private final RandomGenerator random =
            RandomGeneratorFactory.of("L64X128MixRandom").create(11);

    @Test
    void theIntervalOfAMedianHoldsTheTrueOneAboutNinetyFiveTimesInAHundred() {
        int held = 0;
        for (int round = 0; round < ROUNDS; round++) {
            var latency = new LatencyRecorder();
            for (int i = 0; i < 200; i++) {
                latency.record((long) (random.nextExponential() * 1e9));
            }
            Estimate median = latency.summary(200).p50Ms();
            double truth = Math.log(2) * 1000;
            held += median.low() <= truth && truth <= median.highOrInfinite() ? 1 : 0;
        }
        assertThat((double) held / ROUNDS).isCloseTo(0.95, within(0.03));
    }

    @Test
    void theIntervalOfAMeanHoldsTheTrueOneAboutNinetyFiveTimesInAHundred() {
        int held = 0;
        for (int round = 0; round < ROUNDS; round++) {
            double[] values = random.doubles(8, 0, 10).toArray();
            Estimate mean = Estimate.mean(values);
            held += mean.low() <= 5 && 5 <= mean.highOrInfinite() ? 1 : 0;
        }
        assertThat((double) held / ROUNDS).isCloseTo(0.95, within(0.03));
    }

    @Test
    void aShareStaysBetweenNoneAndAll() {
        assertThat(Estimate.share(0, 100).low()).isZero();
        assertThat(Estimate.share(0, 100).high()).isCloseTo(0.037, within(0.001));
        assertThat(Estimate.share(100, 100).high()).isCloseTo(1, within(1e-9));
        assertThat(Estimate.share(0, 0).high()).isNull();
    }

    @Test
    void nothingBoundsAHighQuantileOfFewValues() {
        var latency = new LatencyRecorder();
        for (int i = 1; i <= 100; i++) {
            latency.record(i * 1_000_000L);
        }
        assertThat(latency.summary(100).p99Ms().high()).isNull();
        assertThat(latency.summary(100).p50Ms().high()).isNotNull();
    }

    @Test
    void gapsOfOneAnswerCountAsOneObservation() {
        var gaps = new LatencyRecorder();
        for (int i = 1; i <= 10_000; i++) {
            gaps.record(i * 10_000L);
        }
        Estimate trusting = gaps.summary(10_000).p50Ms();
        Estimate careful = gaps.summary(100).p50Ms();
        assertThat(careful.low()).isLessThan(trusting.low());
        assertThat(careful.highOrInfinite()).isGreaterThan(trusting.highOrInfinite());
    }
}
