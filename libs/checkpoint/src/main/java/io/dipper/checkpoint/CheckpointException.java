package io.dipper.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/// A file of a checkpoint or of an export is not what it says, or cannot be read or written. The
/// message names the file and, where there are such, the tensor and the field.
public final class CheckpointException extends IOException {
    private final transient Path file;
    private final String tensor;

    private CheckpointException(Path file, String tensor, String message, Throwable cause) {
        super(file + ": " + message, cause);
        this.file = file;
        this.tensor = tensor;
    }

    public static CheckpointException of(Path file, String problem) {
        return new CheckpointException(file, null, problem, null);
    }

    public static CheckpointException of(Path file, String problem, Throwable cause) {
        return new CheckpointException(file, null, problem, cause);
    }

    public static CheckpointException ofField(Path file, String field, String problem) {
        return new CheckpointException(file, null, field + ": " + problem, null);
    }

    public static CheckpointException ofTensor(Path file, String tensor, String field, String problem) {
        return new CheckpointException(file, tensor, "tensor " + quoted(tensor) + ": " + field + ": " + problem, null);
    }

    public Path file() {
        return file;
    }

    public Optional<String> tensor() {
        return Optional.ofNullable(tensor);
    }

    /// Names come from files that may be hostile: bounded, and without control characters.
    static String quoted(String text) {
        String cut = text.length() > 200 ? text.substring(0, 200) + "…" : text;
        return "'" + cut.replaceAll("\\p{Cntrl}", "?") + "'";
    }
}
