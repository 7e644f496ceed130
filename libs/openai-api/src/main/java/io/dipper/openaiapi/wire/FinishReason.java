package io.dipper.openaiapi.wire;

import com.fasterxml.jackson.annotation.JsonProperty;

/// Why an answer ended.
public enum FinishReason {
    /// The model ended its turn, or a stop text was found.
    @JsonProperty("stop")
    STOP,
    /// A limit cut it.
    @JsonProperty("length")
    LENGTH,
    /// It holds calls.
    @JsonProperty("tool_calls")
    TOOL_CALLS
}
