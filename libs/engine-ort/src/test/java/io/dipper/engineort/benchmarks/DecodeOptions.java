package io.dipper.engineort.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
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
        var named = new NamedArguments(arguments, USAGE);
        Path export = named.export();
        var options = new DecodeOptions(
                export,
                Path.of(named.required("--config")),
                named.text("--name", export.getFileName().toString()),
                named.integers("--batches", 1, 8, 32, 64),
                named.integer("--context", 512),
                named.integer("--steps", 64),
                named.integers("--prompts", 2048),
                named.integer("--chunk", 2048),
                named.bytes("--kv-bytes", 12_000_000_000L),
                named.optional("--load").map(NamedArguments::integers),
                named.flag("--cold"),
                named.optional("--json").map(Path::of));
        named.end();
        return options;
    }

    /// Sequences that run at once at most.
    int sequences() {
        int most = Arrays.stream(batches).max().orElse(1);
        return load.map(of -> Math.max(of[0], most)).orElse(most);
    }
}
