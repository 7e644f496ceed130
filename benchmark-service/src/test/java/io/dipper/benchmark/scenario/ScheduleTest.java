package io.dipper.benchmark.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.dipper.benchmark.Scenarios;
import io.dipper.benchmark.scenario.Schedule.Planned;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void constantArrivalsAreEquallyFarApart() {
        List<Planned> requests =
                schedule("{'model': 'm', 'rate': 4, 'arrivals': 'constant', 'duration': 2, 'warmup': 0.5}");
        assertThat(requests)
                .extracting(Planned::atNs)
                .containsExactly(
                        0L,
                        250_000_000L,
                        500_000_000L,
                        750_000_000L,
                        1_000_000_000L,
                        1_250_000_000L,
                        1_500_000_000L,
                        1_750_000_000L);
        assertThat(requests)
                .extracting(Planned::counted)
                .containsExactly(false, false, true, true, true, true, true, true);
    }

    @Test
    void poissonArrivalsHaveTheRateAndTheSpreadOfIndependentUsers() {
        List<Planned> requests = schedule("{'model': 'm', 'rate': 50, 'count': 20000}");
        double[] gaps = new double[requests.size() - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = (requests.get(i + 1).atNs() - requests.get(i).atNs()) / 1e9;
        }
        double mean = java.util.stream.DoubleStream.of(gaps).average().orElseThrow();
        double variance = java.util.stream.DoubleStream.of(gaps)
                .map(gap -> (gap - mean) * (gap - mean))
                .average()
                .orElseThrow();
        assertThat(mean).isCloseTo(0.02, within(0.0005));
        assertThat(Math.sqrt(variance) / mean).isCloseTo(1, within(0.03));
    }

    @Test
    void theSameSeedGivesTheSameScheduleAndAnotherSeedAnother() {
        String scenario = "{'model': 'm', 'rate': 5, 'count': 50, 'prompt': {'min': 1, 'max': 90}, 'seed': %d}";
        assertThat(schedule(scenario.formatted(3))).isEqualTo(schedule(scenario.formatted(3)));
        assertThat(schedule(scenario.formatted(3))).isNotEqualTo(schedule(scenario.formatted(4)));
    }

    @Test
    void lengthsDoNotMoveArrivals() {
        List<Planned> one = schedule("{'model': 'm', 'rate': 5, 'count': 50, 'prompt': 5}");
        List<Planned> other = schedule("{'model': 'm', 'rate': 5, 'count': 50, 'prompt': {'median': 50}}");
        assertThat(one)
                .extracting(Planned::atNs)
                .isEqualTo(other.stream().map(Planned::atNs).toList());
    }

    @Test
    void lengthsStayWithinTheirBounds() {
        List<Planned> requests = schedule(
                "{'model': 'm', 'rate': 5, 'count': 5000, 'prompt': {'min': 3, 'max': 6}, 'output': {'median': 40, 'spread': 1, 'max': 100}}");
        assertThat(requests)
                .extracting(Planned::promptTokens)
                .contains(3, 4, 5, 6)
                .allMatch(tokens -> tokens >= 3 && tokens <= 6);
        assertThat(requests).extracting(Planned::outputTokens).allMatch(tokens -> tokens >= 1 && tokens <= 100);
        assertThat(requests.stream()
                        .mapToInt(Planned::outputTokens)
                        .sorted()
                        .skip(2500)
                        .findFirst())
                .isPresent();
    }

    @Test
    void promptsHaveTheWantedLengthAndDifferFromTheFirstWordsOn() {
        Prompts prompts = Prompts.measured(64, 138, 576, 1162);
        assertThat(prompts).isEqualTo(new Prompts(10, 2));
        assertThat(prompts.ofTokens(100, 1).split(" ")).hasSize(45);
        assertThat(prompts.ofTokens(100, 1)).isEqualTo(prompts.ofTokens(100, 1));
        assertThat(prompts.ofTokens(100, 1).substring(0, 20))
                .isNotEqualTo(prompts.ofTokens(100, 2).substring(0, 20));
        assertThat(prompts.ofTokens(1, 1)).isNotBlank();
    }

    private static List<Planned> schedule(String json) {
        return Schedule.of(Scenarios.of(json)).requests();
    }
}
