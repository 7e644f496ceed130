package io.dipper.benchmark.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.dipper.benchmark.Scenarios;
import io.dipper.benchmark.results.Metric;
import io.dipper.openaiapi.RefusedException;
import io.dipper.openaiapi.json.Fields;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScenarioReaderTest {
    private static final String FULL = """
            {'name': 'steady', 'model': 'm', 'rate': 4, 'arrivals': 'constant', 'duration': 30, 'warmup': 5,
             'prompt': {'min': 8, 'max': 16}, 'output': {'median': 64, 'spread': 0.5, 'max': 256}, 'max_streams': 32,
             'seed': 7, 'ignore_eos': false, 'temperature': 0.7, 'timeout': 20, 'tolerance': 0.2,
             'thresholds': {'ttft_p99_ms': 500, 'error_rate': 0}}""";

    @Test
    void everyFieldIsRead() {
        assertThat(Scenarios.of(FULL))
                .isEqualTo(new Scenario(
                        "steady",
                        "m",
                        4,
                        Arrivals.CONSTANT,
                        30.0,
                        null,
                        5,
                        new Lengths.Uniform(8, 16),
                        new Lengths.LogNormal(64, 0.5, 256),
                        32,
                        7,
                        false,
                        0.7,
                        20,
                        Map.of(Metric.TTFT_P99_MS, 500.0, Metric.ERROR_RATE, 0.0),
                        0.2));
    }

    @Test
    void whatIsLeftOutHasADefault() {
        Scenario scenario = Scenarios.of("{'model': 'm', 'rate': 0.5, 'count': 10}");
        assertThat(scenario.arrivals()).isEqualTo(Arrivals.POISSON);
        assertThat(scenario.prompt()).isEqualTo(new Lengths.Fixed(128));
        assertThat(scenario.output()).isEqualTo(new Lengths.Fixed(64));
        assertThat(scenario.ignoreEos()).isTrue();
        assertThat(scenario.thresholds()).isEmpty();
    }

    @Test
    void writtenAndReadAgainItIsTheSame() {
        for (String json :
                new String[] {FULL, "{'model': 'm', 'rate': 1, 'count': 3, 'prompt': 20, 'output': {'tokens': 5}}"}) {
            Scenario scenario = Scenarios.of(json);
            assertThat(ScenarioReader.read(new Fields(ScenarioReader.write(scenario))))
                    .isEqualTo(scenario);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'rate': 1, 'count': 1}                                                    | model",
                "{'model': 'm', 'count': 1}                                                 | rate",
                "{'model': 'm', 'rate': '1', 'count': 1}                                    | rate",
                "{'model': 'm', 'rate': 0, 'count': 1}                                      | rate",
                "{'model': 'm', 'rate': 1}                                                  | duration",
                "{'model': 'm', 'rate': 1, 'count': 1, 'duration': 1}                       | duration",
                "{'model': 'm', 'rate': 1, 'count': 0}                                      | count",
                "{'model': 'm', 'rate': 1, 'count': 1.5}                                    | count",
                "{'model': 'm', 'rate': 1, 'duration': 5, 'warmup': 5}                      | warmup",
                "{'model': 'm', 'rate': 10000, 'duration': 11}                              | duration",
                "{'model': 'm', 'rate': 1, 'count': 1, 'arrivals': 'bursty'}                | arrivals",
                "{'model': 'm', 'rate': 1, 'count': 1, 'prompt': 0}                         | prompt",
                "{'model': 'm', 'rate': 1, 'count': 1, 'prompt': {'min': 9, 'max': 8}}      | prompt",
                "{'model': 'm', 'rate': 1, 'count': 1, 'output': {'tokens': 4, 'max': 8}}   | output.max",
                "{'model': 'm', 'rate': 1, 'count': 1, 'output': 'long'}                    | output",
                "{'model': 'm', 'rate': 1, 'count': 1, 'thresholds': {'ttft_p42_ms': 1}}    | thresholds.ttft_p42_ms",
                "{'model': 'm', 'rate': 1, 'count': 1, 'thresholds': {'ttft_p99_ms': -1}}   | thresholds.ttft_p99_ms",
                "{'model': 'm', 'rate': 1, 'count': 1, 'thresholds': {'error_rate': 1.5}}   | thresholds.error_rate",
                "{'model': 'm', 'rate': 1, 'count': 1, 'ratee': 2}                          | ratee",
                "{'model': 'm', 'rate': 1, 'count': 1, 'max_streams': 0}                    | max_streams",
                "{'model': 'm', 'rate': 1, 'count': 1, 'temperature': 2.5}                  | temperature"
            })
    void nonsenseIsRefusedByItsField(String json, String field) {
        assertThatExceptionOfType(RefusedException.class)
                .isThrownBy(() -> Scenarios.of(json))
                .satisfies(refused -> assertThat(refused.error().param()).isEqualTo(field))
                .satisfies(refused -> assertThat(refused.error().message()).contains(field.replaceAll(".*\\.", "")));
    }

    @Test
    void nameModelSeedAndLimitsDoNotMakeAnotherLoad() {
        Scenario one = Scenarios.of("{'name': 'a', 'model': 'm', 'rate': 1, 'count': 5, 'seed': 1}");
        Scenario same = Scenarios.of(
                "{'name': 'b', 'model': 'n', 'rate': 1, 'count': 5, 'seed': 2, 'thresholds': {'error_rate': 0}}");
        Scenario other = Scenarios.of("{'name': 'a', 'model': 'm', 'rate': 2, 'count': 5, 'seed': 1}");
        assertThat(one.isSameLoadAs(same)).isTrue();
        assertThat(one.isSameLoadAs(other)).isFalse();
    }
}
