package io.dipper.benchmark.runs;

import io.dipper.benchmark.load.Recorder.Progress;
import io.dipper.benchmark.results.Results;
import io.dipper.benchmark.verdict.Verdict;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// A run as it is told.
///
/// @param scenario as it was given, with every default filled in
/// @param baseline the run that it is compared with; null without one, or where its results came
///     from a file
/// @param message why it failed or was cut short, else empty
/// @param progress while it runs
/// @param results once it is over, where anything was measured
/// @param verdict where thresholds or a baseline were given
public record Run(
        String id,
        String name,
        String model,
        RunState state,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        String message,
        JsonNode scenario,
        @Nullable String baseline,
        @Nullable Progress progress,
        @Nullable Results results,
        @Nullable Verdict verdict) {
    /// A run in a list.
    ///
    /// @param ttftP50Ms,outputTokensPerSecond null until there are results
    public record Summary(
            String id,
            String name,
            String model,
            RunState state,
            Instant createdAt,
            @Nullable Instant startedAt,
            @Nullable Instant finishedAt,
            String message,
            double rate,
            Verdict.@Nullable Answer verdict,
            @Nullable Double ttftP50Ms,
            @Nullable Double ttftP99Ms,
            @Nullable Double outputTokensPerSecond,
            @Nullable Integer failed) {}

    Run withProgress(Progress progress) {
        return new Run(
                id,
                name,
                model,
                state,
                createdAt,
                startedAt,
                finishedAt,
                message,
                scenario,
                baseline,
                progress,
                results,
                verdict);
    }
}
