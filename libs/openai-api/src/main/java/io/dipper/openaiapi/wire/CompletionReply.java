package io.dipper.openaiapi.wire;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The answer to a text completion, and with the same shape each event of a streamed one.
///
/// @param usage null if the key is not there
/// @param promptTokenIds only where `return_token_ids` was asked for and there is one prompt
public record CompletionReply(
        String id,
        String object,
        long created,
        String model,
        String systemFingerprint,
        List<Choice> choices,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable StreamUsage usage,
        @JsonInclude(JsonInclude.Include.NON_NULL) int @Nullable [] promptTokenIds) {

    public static final String OBJECT = "text_completion";

    /// One continuation of one prompt.
    ///
    /// @param promptTokenIds only where `return_token_ids` was asked for: a batch has a prompt for
    ///     each choice
    public record Choice(
            int index,
            String text,
            @Nullable Logprobs logprobs,
            @Nullable FinishReason finishReason,
            @JsonInclude(JsonInclude.Include.NON_NULL) int @Nullable [] promptTokenIds,
            @JsonInclude(JsonInclude.Include.NON_NULL) int @Nullable [] tokenIds) {}

    /// Lists of equal length, an entry a token.
    ///
    /// @param tokenLogprobs null for the very first token of an echoed prompt
    /// @param topLogprobs token to logprob, falling; null where the token has none
    /// @param textOffset where the token begins, in characters of `text`
    public record Logprobs(
            List<String> tokens,
            List<@Nullable Float> tokenLogprobs,
            List<@Nullable Map<String, Float>> topLogprobs,
            List<Integer> textOffset) {}
}
