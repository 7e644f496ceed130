package io.dipper.engineort.benchmarks;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// A benchmark's arguments: an export's folder, then pairs of a name and a value, each of which is taken once.
final class NamedArguments {
    private final String usage;
    private final Path export;
    private final Map<String, String> left = new HashMap<>();

    /// @throws IllegalArgumentException with the usage, if there is no folder or a name has no value
    NamedArguments(String[] arguments, String usage) {
        this.usage = usage;
        if (arguments.length % 2 == 0) {
            throw new IllegalArgumentException(usage);
        }
        export = Path.of(arguments[0]);
        for (int i = 1; i < arguments.length; i += 2) {
            left.put(arguments[i], arguments[i + 1]);
        }
    }

    Path export() {
        return export;
    }

    /// @throws IllegalArgumentException with the usage, if it is missing
    String required(String name) {
        return optional(name).orElseThrow(() -> new IllegalArgumentException(usage));
    }

    Optional<String> optional(String name) {
        return Optional.ofNullable(left.remove(name));
    }

    String text(String name, String otherwise) {
        return optional(name).orElse(otherwise);
    }

    int integer(String name, int otherwise) {
        return optional(name).map(Integer::parseInt).orElse(otherwise);
    }

    /// As in `1,8,32`; empty for an empty text.
    int[] integers(String name, int... otherwise) {
        return optional(name).map(NamedArguments::integers).orElse(otherwise);
    }

    long bytes(String name, long otherwise) {
        return optional(name).map(Long::parseLong).orElse(otherwise);
    }

    /// Whether it is `true`.
    boolean flag(String name) {
        return optional(name).map(Boolean::parseBoolean).orElse(false);
    }

    /// @throws IllegalArgumentException with the usage, if some were not taken
    void end() {
        if (!left.isEmpty()) {
            throw new IllegalArgumentException("unknown: " + left.keySet() + "\n" + usage);
        }
    }

    static int[] integers(String text) {
        return text.isBlank()
                ? new int[0]
                : Arrays.stream(text.split(",", -1)).mapToInt(Integer::parseInt).toArray();
    }
}
