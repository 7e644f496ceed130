package io.dipper.benchmark.scenario;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.dipper.benchmark.results.Metric;
import io.dipper.servicesupport.http.PlainText;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A load to put on a model, and what is expected of it.
///
/// @param rate requests a second, on average
/// @param durationSeconds for which requests are sent, warm-up included; null where `count` says
///     how many there are
/// @param warmupSeconds from the start: what is scheduled in them is sent but not counted
/// @param prompt,output tokens of each request
/// @param maxStreams requests under way at once; what comes on top waits here, on the clock
/// @param ignoreEos whether answers have exactly the wanted length, which needs a server that knows
///     `ignore_eos`
/// @param timeoutSeconds from a request's scheduled instant to its end
/// @param thresholds limits that the results must keep
/// @param tolerance share by which a metric may be worse than the baseline's
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Scenario(
        String name,
        String model,
        double rate,
        Arrivals arrivals,
        @Nullable Double durationSeconds,
        @Nullable Integer count,
        double warmupSeconds,
        Lengths prompt,
        Lengths output,
        int maxStreams,
        long seed,
        boolean ignoreEos,
        double temperature,
        double timeoutSeconds,
        Map<Metric, Double> thresholds,
        double tolerance) {
    public static final int MAX_REQUESTS = 100_000;
    public static final int MAX_STREAMS = 10_000;
    public static final double MAX_SECONDS = 14_400;

    public Scenario {
        thresholds = Map.copyOf(thresholds);
        requireText("name", name);
        requireText("model", model);
        requireRange("rate", rate, 0.001, 10_000);
        requireRange("warmup", warmupSeconds, 0, MAX_SECONDS);
        requireRange("max_streams", maxStreams, 1, MAX_STREAMS);
        requireRange("temperature", temperature, 0, 2);
        requireRange("timeout", timeoutSeconds, 0.1, 3_600);
        requireRange("tolerance", tolerance, 0, 10);
        if ((durationSeconds == null) == (count == null)) {
            throw new IllegalArgumentException("either duration or count must be given, and not both");
        }
        if (count != null) {
            requireRange("count", count, 1, MAX_REQUESTS);
        } else {
            requireRange("duration", durationSeconds, 0.1, MAX_SECONDS);
            if (warmupSeconds >= durationSeconds) {
                throw new IllegalArgumentException(
                        "warmup must be shorter than duration; given: " + warmupSeconds + " and " + durationSeconds);
            }
            if (durationSeconds * rate > MAX_REQUESTS) {
                throw new IllegalArgumentException("duration times rate must be at most " + MAX_REQUESTS + " requests");
            }
        }
    }

    /// Whether both put the same load on a model, whichever it is. Only then do their results say
    /// something of each other.
    public boolean isSameLoadAs(Scenario other) {
        return neutral().equals(other.neutral());
    }

    private Scenario neutral() {
        return new Scenario(
                "any",
                "any",
                rate,
                arrivals,
                durationSeconds,
                count,
                warmupSeconds,
                prompt,
                output,
                maxStreams,
                0,
                ignoreEos,
                temperature,
                timeoutSeconds,
                Map.of(),
                0);
    }

    private static void requireText(String field, String value) {
        if (value.isBlank() || value.length() > 200 || !PlainText.isPlain(value)) {
            throw new IllegalArgumentException(
                    field + " must have 1 to 200 characters, none of them a control character");
        }
    }

    private static void requireRange(String field, double value, double min, double max) {
        if (!(value >= min && value <= max)) {
            throw new IllegalArgumentException(
                    field + " must be between " + plain(min) + " and " + plain(max) + "; given: " + plain(value));
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
