package io.dipper.benchmark.results;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What a run measured. Latencies count from each request's scheduled instant, so a server that
/// stalls is charged for every request that came meanwhile.
///
/// @param requests those that count, by what became of them
/// @param errors by kind
/// @param outputTokensPerSecond while requests were being sent
/// @param ttft to the first token; failed requests are in `errors` only
/// @param interToken between an answer's pieces
/// @param endToEnd to the answer's end
/// @param lateness by which this service itself sent requests late; part of the latencies, and a
///     sign of too small a machine
/// @param memory null if no inference service told
public record Results(
        Counts requests,
        Map<String, Integer> errors,
        Tokens tokens,
        double durationSeconds,
        Estimate outputTokensPerSecond,
        Distribution ttft,
        Distribution interToken,
        Distribution endToEnd,
        Distribution lateness,
        @Nullable MemoryUse memory,
        List<Second> timeline) {
    /// `counted` = `succeeded` + `failed` + those that a cancelled run never finished.
    public record Counts(int scheduled, int counted, int succeeded, int failed) {}

    /// By the servers' own count, of the requests that succeeded.
    public record Tokens(long prompt, long cached, long completion) {}

    /// What happened in one second of the run, warm-up included.
    public record Second(int second, int sent, int succeeded, int failed, long pieces) {}

    public Results {
        errors = Collections.unmodifiableMap(new TreeMap<>(errors));
        timeline = List.copyOf(timeline);
    }

    public Results withMemory(@Nullable MemoryUse use) {
        return new Results(
                requests,
                errors,
                tokens,
                durationSeconds,
                outputTokensPerSecond,
                ttft,
                interToken,
                endToEnd,
                lateness,
                use,
                timeline);
    }
}
