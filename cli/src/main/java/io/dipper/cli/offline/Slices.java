package io.dipper.cli.offline;

import io.dipper.cli.Failure;
import io.dipper.cli.InputFile;
import io.dipper.transformer.family.Reading;
import io.dipper.transformer.family.Refusal;
import io.dipper.transformer.family.Slicing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What `--slice` says: JSON, or a file of it.
final class Slices {
    static final String DESCRIPTION =
            "a smaller model inside a Gemma 3n (MatFormer), as JSON or a file of it: {\"intermediate_size\": 8192,"
                    + " \"skipped_layers\": [20, 21, 22, 23, 24]}; the width may be a list, an entry for each layer that"
                    + " stays";

    private Slices() {}

    static JsonNode read(String text) throws IOException {
        String json = text.stripLeading().startsWith("{") ? text : InputFile.read(file(text), InputFile.MIB);
        try {
            return JsonMapper.shared().readTree(json);
        } catch (JacksonException _) {
            throw Failure.badInput("--slice: not JSON: " + text);
        }
    }

    private static Path file(String text) {
        Path file = Path.of(text);
        if (!Files.isRegularFile(file)) {
            throw Failure.badInput("--slice: neither JSON nor a file: " + text);
        }
        return file;
    }

    /// The design of the smaller model.
    static Reading.Read design(JsonNode config, String slice) throws IOException {
        return switch (Slicing.of(config, read(slice))) {
            case Slicing.Refused(Refusal refusal) -> throw refused(refusal);
            case Slicing.Sliced sliced -> sliced.part();
        };
    }

    static Failure refused(Refusal refusal) {
        return Failure.badInput("--slice: " + refusal.message());
    }
}
