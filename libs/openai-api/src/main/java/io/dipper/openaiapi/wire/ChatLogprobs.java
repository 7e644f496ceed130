package io.dipper.openaiapi.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Logprobs of a chat answer, or of one of its chunks.
///
/// @param content one entry a generated token, the end token left out
/// @param refusal always null; clients expect the key
public record ChatLogprobs(List<Entry> content, @Nullable String refusal) {

    public ChatLogprobs(List<Entry> content) {
        this(content, null);
    }

    /// A generated token.
    ///
    /// @param bytes what the token adds to the text; joined over all entries they are the text's
    ///     bytes
    /// @param topLogprobs falling; empty where none were asked for
    public record Entry(String token, float logprob, int[] bytes, List<Alternative> topLogprobs) {}

    public record Alternative(String token, float logprob, int[] bytes) {}
}
