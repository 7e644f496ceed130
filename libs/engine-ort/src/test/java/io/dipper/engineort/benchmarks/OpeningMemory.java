package io.dipper.engineort.benchmarks;

import io.dipper.engineort.OrtRunner;
import java.nio.file.Path;

/// What opening an export takes of a card in a process that has not used it before, as a service does.
///
/// Arguments: EXPORT KV-BYTES SEQUENCES.
public final class OpeningMemory {
    private static final int STEP_TOKENS = 2048;

    private OpeningMemory() {}

    public static void main(String[] arguments) throws Exception {
        int sequences = Integer.parseInt(arguments[2]);
        try (OrtRunner runner = BenchmarkEngine.runner(
                Path.of(arguments[0]), sequences, Integer.MAX_VALUE, STEP_TOKENS, Long.parseLong(arguments[1]))) {
            runner.prepare();
            runner.taken()
                    .forEach(taken ->
                            System.out.printf("%s%s: %,d%n", taken.isPart() ? "  " : "", taken.what(), taken.bytes()));
            long taken = runner.taken().stream()
                    .filter(one -> !one.isPart())
                    .mapToLong(OrtRunner.Taken::bytes)
                    .sum();
            System.out.printf(
                    "taken %,d, planned %,d (%+.1f %%)%n",
                    taken, runner.plannedBytes(), 100.0 * runner.plannedBytes() / taken - 100);
        }
        // Nothing is left to be closed that the end of the process does not close.
        Runtime.getRuntime().halt(0);
    }
}
