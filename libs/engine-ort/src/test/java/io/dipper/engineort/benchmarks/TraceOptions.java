package io.dipper.engineort.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/// What [StepTrace] is asked for.
///
/// @param batches sequences that go on at once
/// @param context prompt tokens of each of them
/// @param prompts tokens of the prompts whose reading is traced
/// @param chunk most prompt tokens of a step
/// @param steps that are traced
/// @param warm steps before them; of prompts, how many are read before
/// @param host whether the host's calls of CUDA are recorded too
record TraceOptions(
        Path export,
        String name,
        int[] batches,
        int context,
        int[] prompts,
        int chunk,
        int steps,
        int warm,
        long kvBytes,
        boolean host,
        Optional<Path> json) {

    static final String USAGE = """
            StepTrace EXPORT [--name NAME] [--batches 1,8] [--context 512] [--prompts 2048] [--chunk 2048] [--steps 5]
              [--warm 4] [--kv-bytes 4000000000] [--host true] [--json FILE]""";

    /// @throws IllegalArgumentException with the usage
    static TraceOptions of(String[] arguments) {
        var named = new NamedArguments(arguments, USAGE);
        Path export = named.export();
        var options = new TraceOptions(
                export,
                named.text("--name", export.getFileName().toString()),
                named.integers("--batches", 1, 8),
                named.integer("--context", 512),
                named.integers("--prompts", 2048),
                named.integer("--chunk", 2048),
                named.integer("--steps", 5),
                named.integer("--warm", 4),
                named.bytes("--kv-bytes", 4_000_000_000L),
                named.flag("--host"),
                named.optional("--json").map(Path::of));
        named.end();
        return options;
    }

    /// Sequences that run at once at most.
    int sequences() {
        return Arrays.stream(batches).max().orElse(1);
    }

    /// Room for the longest of what is traced.
    int contextTokens() {
        int decoded = context + 8 * (warm + steps) + sequences() * context / chunk + 64;
        return Math.max(decoded, Arrays.stream(prompts).max().orElse(0) + 64);
    }
}
