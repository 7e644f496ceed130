package io.dipper.benchmark.verdict;

import io.dipper.benchmark.results.Estimate;
import io.dipper.benchmark.results.Metric;
import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.scenario.Scenario;
import io.dipper.benchmark.verdict.Verdict.Answer;
import io.dipper.benchmark.verdict.Verdict.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Judges results by their intervals, not by their middles: PASS and FAIL are said only where the
/// whole interval is on one side.
public final class Judge {
    private static final List<Metric> COMPARED = List.of(
            Metric.TTFT_P50_MS,
            Metric.INTER_TOKEN_P50_MS,
            Metric.END_TO_END_P50_MS,
            Metric.OUTPUT_TOKENS_PER_SECOND,
            Metric.ERROR_RATE);

    /// Failures that make no difference in practice, where the baseline had none.
    private static final double ERROR_RATE_SLACK = 0.01;

    private Judge() {}

    /// Empty where nothing was asked.
    public static Optional<Verdict> judge(Scenario scenario, Results results, @Nullable Results baseline) {
        List<Check> checks = new ArrayList<>();
        new TreeMap<>(scenario.thresholds())
                .forEach((metric, limit) -> checks.add(threshold(metric, limit, judged(metric, results))));
        if (baseline != null) {
            Stream.concat(Stream.of(tail(results, baseline)), COMPARED.stream())
                    .forEach(metric -> checks.add(compare(
                            metric, judged(metric, results), standard(metric, baseline), scenario.tolerance())));
        }
        return checks.isEmpty() ? Optional.empty() : Optional.of(Verdict.of(checks));
    }

    /// The farthest quantile that both runs bound: one that a run cannot bound would leave every
    /// comparison with it in doubt.
    private static Metric tail(Results results, Results baseline) {
        boolean isBounded = Stream.of(results, baseline)
                .allMatch(run -> Metric.TTFT_P99_MS.of(run).high() != null);
        return isBounded ? Metric.TTFT_P99_MS : Metric.TTFT_P90_MS;
    }

    /// Failures are judged as they were seen: a run without one passes, however short it was.
    private static Estimate judged(Metric metric, Results results) {
        Estimate estimate = metric.of(results);
        return metric == Metric.ERROR_RATE
                ? new Estimate(estimate.value(), estimate.low(), estimate.value())
                : estimate;
    }

    private static Estimate standard(Metric metric, Results baseline) {
        Estimate estimate = metric.of(baseline);
        return metric == Metric.ERROR_RATE
                ? new Estimate(estimate.value(), estimate.value(), estimate.high())
                : estimate;
    }

    private static Check threshold(Metric metric, double limit, Estimate measured) {
        Answer answer = lowerIsBetter(metric)
                ? side(measured.highOrInfinite() <= limit, measured.low() > limit)
                : side(measured.low() >= limit, measured.highOrInfinite() < limit);
        String relation = lowerIsBetter(metric) ? "at most " : "at least ";
        return new Check(
                metric.word(),
                "threshold",
                answer,
                text(measured) + ", wanted " + relation + text(limit) + advice(metric, answer, measured));
    }

    /// Not worse than the baseline by more than the tolerance: sure that it is not, sure that it
    /// is, or not sure.
    private static Check compare(Metric metric, Estimate now, Estimate before, double tolerance) {
        double slack = metric == Metric.ERROR_RATE ? ERROR_RATE_SLACK : 0;
        Answer answer;
        if (lowerIsBetter(metric)) {
            answer = side(
                    now.highOrInfinite() <= before.low() * (1 + tolerance) + slack,
                    now.low() > before.highOrInfinite() * (1 + tolerance) + slack);
        } else {
            answer = side(
                    now.low() >= before.highOrInfinite() / (1 + tolerance),
                    now.highOrInfinite() < before.low() / (1 + tolerance));
        }
        String share = String.format(Locale.ROOT, "%.0f %%", tolerance * 100);
        return new Check(
                metric.word(),
                "baseline",
                answer,
                text(now) + ", baseline " + text(before) + ", tolerance " + share
                        + advice(metric, answer, now, before));
    }

    /// How many requests end a doubt that comes from too few.
    private static String advice(Metric metric, Answer answer, Estimate... measured) {
        boolean isOpen = Stream.of(measured).anyMatch(estimate -> estimate.high() == null);
        OptionalLong needed = metric.requestsNeeded();
        return answer == Answer.UNDECIDED && isOpen && needed.isPresent()
                ? "; takes at least " + needed.getAsLong() + " answered requests"
                : "";
    }

    private static Answer side(boolean surelyGood, boolean surelyBad) {
        if (surelyBad) {
            return Answer.FAIL;
        }
        return surelyGood ? Answer.PASS : Answer.UNDECIDED;
    }

    private static boolean lowerIsBetter(Metric metric) {
        return switch (metric.better()) {
            case LOWER -> true;
            case HIGHER -> false;
        };
    }

    private static String text(Estimate estimate) {
        return text(estimate.value()) + " (" + text(estimate.low()) + " to "
                + (estimate.high() == null ? "unbounded" : text(estimate.high())) + ")";
    }

    private static String text(double value) {
        return String.format(Locale.ROOT, value != 0 && Math.abs(value) < 1 ? "%.4f" : "%.2f", value);
    }
}
