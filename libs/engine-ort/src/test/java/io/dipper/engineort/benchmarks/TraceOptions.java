package io.dipper.engineort.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
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
        if (arguments.length % 2 == 0) {
            throw new IllegalArgumentException(USAGE);
        }
        Map<String, String> named = new HashMap<>();
        for (int i = 1; i + 1 < arguments.length; i += 2) {
            named.put(arguments[i], arguments[i + 1]);
        }
        Path export = Path.of(arguments[0]);
        var options = new TraceOptions(
                export,
                taken(named, "--name", export.getFileName().toString()),
                integers(taken(named, "--batches", "1,8")),
                Integer.parseInt(taken(named, "--context", "512")),
                integers(taken(named, "--prompts", "2048")),
                Integer.parseInt(taken(named, "--chunk", "2048")),
                Integer.parseInt(taken(named, "--steps", "5")),
                Integer.parseInt(taken(named, "--warm", "4")),
                Long.parseLong(taken(named, "--kv-bytes", "4000000000")),
                Boolean.parseBoolean(taken(named, "--host", "false")),
                Optional.ofNullable(named.remove("--json")).map(Path::of));
        if (!named.isEmpty()) {
            throw new IllegalArgumentException("unknown: " + named.keySet() + "\n" + USAGE);
        }
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

    private static String taken(Map<String, String> named, String key, String otherwise) {
        String value = named.remove(key);
        return value == null ? otherwise : value;
    }

    private static int[] integers(String text) {
        return text.isBlank()
                ? new int[0]
                : Arrays.stream(text.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    }
}
