package io.dipper.openaiapi.wire;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import org.jspecify.annotations.Nullable;

/// The `usage` key of a stream whose client asked for usage: null on all frames but the last.
public record StreamUsage(@JsonValue @Nullable Usage usage) {
    public static final StreamUsage LATER = new StreamUsage(null);

    @JsonCreator
    public StreamUsage {}
}
