package io.dipper.registry;

import io.dipper.checkpoint.CheckpointFiles;
import io.dipper.fixtures.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Copies of a golden checkpoint that tests may change.
final class TinyCheckpoints {
    private TinyCheckpoints() {}

    static Path copy(String golden, Path parent) throws IOException {
        Path target = Files.createDirectories(parent.resolve(golden));
        Path source = Fixtures.golden(golden);
        for (String name : CheckpointFiles.list(source)) {
            Files.copy(source.resolve(name), target.resolve(name));
        }
        return target;
    }

    /// The same design and weights, yet another digest.
    static Path variant(String golden, int number, Path parent) throws IOException {
        Path folder = copy(golden, parent.resolve("variant-" + number));
        Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\":" + number + "}");
        return folder;
    }

    static void edit(Path file, String from, String to) throws IOException {
        String text = Files.readString(file);
        if (!text.contains(from)) {
            throw new IllegalArgumentException(file + " does not contain " + from);
        }
        Files.writeString(file, text.replace(from, to));
    }
}
