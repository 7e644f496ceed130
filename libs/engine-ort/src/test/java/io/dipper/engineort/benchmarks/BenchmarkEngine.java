package io.dipper.engineort.benchmarks;

import io.dipper.engine.Engine;
import io.dipper.engine.EngineLimits;
import io.dipper.engineort.OrtRunner;
import io.dipper.engineort.RunnerOptions;
import java.io.IOException;
import java.nio.file.Path;

/// An engine on an export, with as much room as is measured.
final class BenchmarkEngine {
    private static final int OUTBOX_EVENTS = 1 << 16;

    private BenchmarkEngine() {}

    /// @param sequences that go on at once
    /// @param contextTokens of the longest
    /// @param chunk most prompt tokens of a step
    static Engine open(Path export, int sequences, int contextTokens, int chunk, long kvBytes) throws IOException {
        return on(runner(export, sequences, contextTokens, chunk, kvBytes), sequences, chunk);
    }

    static OrtRunner runner(Path export, int sequences, int contextTokens, int chunk, long kvBytes) throws IOException {
        int threads = Runtime.getRuntime().availableProcessors();
        return OrtRunner.open(
                export, new RunnerOptions(kvBytes, sequences, contextTokens, chunk, threads, null, 0, _ -> {}));
    }

    /// Steps that read prompts beside answers are no larger than others.
    static Engine on(OrtRunner runner, int sequences, int chunk) {
        int beside = Math.max(1, chunk - sequences);
        return new Engine(
                "benchmark",
                runner,
                new EngineLimits(sequences, sequences, Long.MAX_VALUE, chunk, beside, OUTBOX_EVENTS));
    }
}
