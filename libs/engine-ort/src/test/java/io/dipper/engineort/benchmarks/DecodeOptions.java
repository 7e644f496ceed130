package io.dipper.engineort.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What [DecodeCardBenchmark] is asked for.
///
/// @param config the export's config.json: from it follows what a step must move and compute
/// @param batches sequences that go on at once
/// @param context prompt tokens of each of them
/// @param prompts tokens of the prompts whose reading is timed
/// @param chunk most prompt tokens of a step
/// @param load requests at once, prompt tokens and answer tokens of each, to be timed as a whole
/// @param cold whether loading is timed: with kernels compiled anew, with all compiled, beside a plain
///     read and copy of the weights
record DecodeOptions(
        Path export,
        Path config,
        String name,
        int[] batches,
        int context,
        int steps,
        int[] prompts,
        int chunk,
        long kvBytes,
        Optional<int[]> load,
        boolean cold,
        Optional<Path> json) {

    static final String USAGE = """
            DecodeCardBenchmark EXPORT --config CONFIG [--name NAME] [--batches 1,8,32,64] [--context 512] [--steps 64]
              [--prompts 2048] [--chunk 2048] [--kv-bytes 12000000000] [--load 64,512,256] [--cold true] [--json FILE]""";

    /// @throws IllegalArgumentException with the usage
    static DecodeOptions of(String[] arguments) {
        Map<String, String> named = new HashMap<>();
        for (int i = 1; i + 1 < arguments.length; i += 2) {
            named.put(arguments[i], arguments[i + 1]);
        }
        if (arguments.length % 2 == 0 || !named.containsKey("--config")) {
            throw new IllegalArgumentException(USAGE);
        }
        Path export = Path.of(arguments[0]);
        var options = new DecodeOptions(
                export,
                Path.of(named.remove("--config")),
                taken(named, "--name", export.getFileName().toString()),
                integers(taken(named, "--batches", "1,8,32,64")),
                Integer.parseInt(taken(named, "--context", "512")),
                Integer.parseInt(taken(named, "--steps", "64")),
                integers(taken(named, "--prompts", "2048")),
                Integer.parseInt(taken(named, "--chunk", "2048")),
                Long.parseLong(taken(named, "--kv-bytes", "12000000000")),
                Optional.ofNullable(named.remove("--load")).map(DecodeOptions::integers),
                Boolean.parseBoolean(taken(named, "--cold", "false")),
                Optional.ofNullable(named.remove("--json")).map(Path::of));
        if (!named.isEmpty()) {
            throw new IllegalArgumentException("unknown: " + named.keySet() + "\n" + USAGE);
        }
        return options;
    }

    /// Sequences that run at once at most.
    int sequences() {
        int most = Arrays.stream(batches).max().orElse(1);
        return load.map(of -> Math.max(of[0], most)).orElse(most);
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
