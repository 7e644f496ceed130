package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// JSON as files of a checkpoint hold it: strict, bounded, with errors that name the file.
final class Json {
    /// Refuses duplicate and unknown keys, missing fields and text after the document.
    static final JsonMapper STRICT = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private Json() {}

    /// The document in `file`, which must be an object of at most `maxBytes`.
    static JsonNode readObject(Path file, long maxBytes) throws IOException {
        byte[] bytes = readBounded(file, maxBytes);
        JsonNode document;
        try {
            document = STRICT.readTree(bytes);
        } catch (JacksonException e) {
            throw CheckpointException.of(file, "not valid JSON: " + problem(e), e);
        }
        if (!document.isObject()) {
            throw CheckpointException.of(file, "is not a JSON object");
        }
        return document;
    }

    static byte[] readBounded(Path file, long maxBytes) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw CheckpointException.of(file, "is missing");
        }
        long bytes = Files.size(file);
        if (bytes > maxBytes) {
            throw CheckpointException.of(file, "has " + bytes + " bytes, over the limit of " + maxBytes);
        }
        return Files.readAllBytes(file);
    }

    /// What is wrong and where, without the excerpt of the source that Jackson appends.
    static String problem(JacksonException e) {
        var location = e.getLocation();
        String where = location == null || location.getLineNr() < 0
                ? ""
                : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
        String path = e.getPath().stream()
                .map(step -> step.getPropertyName() == null ? String.valueOf(step.getIndex()) : step.getPropertyName())
                .collect(Collectors.joining("."));
        return (path.isEmpty() ? "" : path + ": ") + e.getOriginalMessage() + where;
    }
}
