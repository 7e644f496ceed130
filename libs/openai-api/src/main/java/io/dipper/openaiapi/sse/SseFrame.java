package io.dipper.openaiapi.sse;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// One event of a stream, as its bytes came: with its lines' ends and the blank line, so that it
/// can be passed on unchanged. The fields are read when asked for.
public final class SseFrame {
    private final byte[] raw;

    SseFrame(byte[] raw) {
        this.raw = raw;
    }

    /// Not a copy: for passing on, not for changing.
    public byte[] raw() {
        return raw;
    }

    /// The data lines, joined; empty for a frame that only holds comments.
    public Optional<String> data() {
        return field("data");
    }

    public Optional<String> event() {
        return field("event");
    }

    /// Whether this is `data: [DONE]`.
    public boolean isDone() {
        return data().filter("[DONE]"::equals).isPresent();
    }

    @Override
    public String toString() {
        return new String(raw, StandardCharsets.UTF_8);
    }

    private Optional<String> field(String name) {
        String joined = null;
        for (String line : (Iterable<String>) toString().lines()::iterator) {
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            if (field.equals(name)) {
                String value = colon < 0 ? "" : line.substring(colon + 1);
                String text = value.startsWith(" ") ? value.substring(1) : value;
                joined = joined == null ? text : joined + "\n" + text;
            }
        }
        return Optional.ofNullable(joined);
    }
}
