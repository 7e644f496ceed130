package io.dipper.benchmark.verdict;

import static org.assertj.core.api.Assertions.assertThat;

import io.dipper.benchmark.Scenarios;
import io.dipper.benchmark.results.Estimate;
import io.dipper.benchmark.results.LatencyRecorder;
import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.verdict.Verdict.Answer;
import io.dipper.benchmark.verdict.Verdict.Check;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class JudgeTest {
    @Test
    void withoutAQuestionThereIsNoVerdict() {
        assertThat(Judge.judge(scenario(""), results(100, 100, 0), null)).isEmpty();
    }

    @Test
    void aLimitFarAwayIsKeptOrBroken() {
        assertThat(judge("'ttft_p50_ms': 200", results(1000, 100, 0))).isEqualTo(Answer.PASS);
        assertThat(judge("'ttft_p50_ms': 50", results(1000, 100, 0))).isEqualTo(Answer.FAIL);
        assertThat(judge("'output_tokens_per_second': 40", results(1000, 100, 0)))
                .isEqualTo(Answer.PASS);
        assertThat(judge("'output_tokens_per_second': 60", results(1000, 100, 0)))
                .isEqualTo(Answer.FAIL);
    }

    @Test
    void aLimitWithinTheIntervalIsUndecidedAndMoreRequestsDecideIt() {
        assertThat(judge("'ttft_p50_ms': 101", results(50, 100, 0))).isEqualTo(Answer.UNDECIDED);
        assertThat(judge("'ttft_p50_ms': 101", results(100_000, 100, 0))).isEqualTo(Answer.PASS);
    }

    @Test
    void aHighQuantileOfFewRequestsIsUndecided() {
        assertThat(judge("'ttft_p99_ms': 100000", results(50, 100, 0))).isEqualTo(Answer.UNDECIDED);
    }

    @Test
    void aDoubtFromTooFewRequestsNamesHowManyEndIt() {
        for (String metric : List.of("ttft_p50_ms", "ttft_p90_ms", "end_to_end_p99_ms")) {
            String threshold = "'" + metric + "': 100000";
            Check doubt = Judge.judge(scenario(threshold), results(2, 100, 0), null)
                    .orElseThrow()
                    .checks()
                    .getFirst();
            Matcher told =
                    Pattern.compile("takes at least (\\d+) answered requests").matcher(doubt.reason());
            assertThat(told.find()).as(doubt.reason()).isTrue();
            int needed = Integer.parseInt(told.group(1));
            assertThat(judge(threshold, results(needed - 1, 100, 0))).as(metric).isEqualTo(Answer.UNDECIDED);
            assertThat(judge(threshold, results(needed, 100, 0))).as(metric).isEqualTo(Answer.PASS);
        }
    }

    @Test
    void failuresAreJudgedAsSeen() {
        assertThat(judge("'error_rate': 0", results(20, 100, 0))).isEqualTo(Answer.PASS);
        assertThat(judge("'error_rate': 0", results(20, 100, 1))).isEqualTo(Answer.FAIL);
        assertThat(judge("'error_rate': 0.01", results(98, 100, 2))).isEqualTo(Answer.UNDECIDED);
        assertThat(judge("'error_rate': 0.01", results(50, 100, 50))).isEqualTo(Answer.FAIL);
    }

    @Test
    void oneFailureFailsAllAndOneDoubtLeavesAllInDoubt() {
        Results results = results(50, 100, 0);
        assertThat(judge("'ttft_p50_ms': 500, 'ttft_p99_ms': 500", results)).isEqualTo(Answer.UNDECIDED);
        assertThat(judge("'ttft_p50_ms': 1, 'ttft_p99_ms': 500", results)).isEqualTo(Answer.FAIL);
    }

    @Test
    void aRunPassesAgainstItsEqualFailsAgainstAFasterOneAndDoubtsWhereNoiseIsLarger() {
        Scenario scenario = scenario("");
        Results baseline = results(20_000, 100, 0);
        assertThat(answer(scenario, results(20_000, 100, 0), baseline)).isEqualTo(Answer.PASS);
        assertThat(answer(scenario, results(20_000, 90, 0), baseline)).isEqualTo(Answer.PASS);
        assertThat(answer(scenario, results(20_000, 150, 0), baseline)).isEqualTo(Answer.FAIL);
        assertThat(answer(scenario, results(30, 100, 0), results(30, 100, 0))).isEqualTo(Answer.UNDECIDED);
    }

    @Test
    void aBaselineIsComparedByTheFarthestQuantileThatBothRunsBound() {
        assertThat(compared(results(1000, 100, 0), results(1000, 100, 0)))
                .contains("ttft_p99_ms")
                .doesNotContain("ttft_p90_ms");
        assertThat(compared(results(60, 100, 0), results(1000, 100, 0)))
                .contains("ttft_p90_ms")
                .doesNotContain("ttft_p99_ms");
        assertThat(compared(results(1000, 100, 0), results(60, 100, 0))).contains("ttft_p90_ms");
    }

    @Test
    void everyReasonNamesWhatWasMeasuredAndWhatWasWanted() {
        Verdict verdict = Judge.judge(scenario("'ttft_p50_ms': 50"), results(1000, 100, 0), null)
                .orElseThrow();
        Check check = verdict.checks().getFirst();
        assertThat(check.metric()).isEqualTo("ttft_p50_ms");
        assertThat(check.reason()).contains("wanted at most 50.00");
    }

    private static Answer judge(String thresholds, Results results) {
        return Judge.judge(scenario(thresholds), results, null).orElseThrow().answer();
    }

    private static Answer answer(Scenario scenario, Results results, Results baseline) {
        return Judge.judge(scenario, results, baseline).orElseThrow().answer();
    }

    private static List<String> compared(Results results, Results baseline) {
        return Judge.judge(scenario(""), results, baseline).orElseThrow().checks().stream()
                .map(Check::metric)
                .toList();
    }

    private static Scenario scenario(String thresholds) {
        return Scenarios.of("{'model': 'm', 'rate': 1, 'count': 1, 'thresholds': {" + thresholds + "}}");
    }

    /// Latencies around `ms`, at most a tenth away.
    private static Results results(int requests, double ms, int failed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(requests);
        var latency = new LatencyRecorder();
        for (int i = 0; i < requests; i++) {
            latency.record((long) (ms * 1e6 * random.nextDouble(0.9, 1.1)));
        }
        var summary = latency.summary(requests);
        return new Results(
                new Results.Counts(requests + failed, requests + failed, requests, failed),
                failed == 0 ? Map.of() : Map.of("timeout", failed),
                new Results.Tokens(0, 0, 0),
                10,
                new Estimate(50, 49, 51.0),
                summary,
                summary,
                summary,
                summary,
                null,
                List.of());
    }
}
