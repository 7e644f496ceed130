package io.dipper.openaiapi.wire;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The answer to an unstreamed chat request.
///
/// @param promptTokenIds only where `return_token_ids` was asked for
public record ChatReply(
        String id,
        String object,
        long created,
        String model,
        String systemFingerprint,
        List<Choice> choices,
        Usage usage,
        @JsonInclude(JsonInclude.Include.NON_NULL) int @Nullable [] promptTokenIds) {

    public static final String OBJECT = "chat.completion";

    /// One of the `n` answers.
    ///
    /// @param logprobs null unless asked for, and written as null
    public record Choice(
            int index,
            Message message,
            @Nullable ChatLogprobs logprobs,
            @Nullable FinishReason finishReason,
            @JsonInclude(JsonInclude.Include.NON_NULL) int @Nullable [] tokenIds) {}

    /// The model's turn.
    ///
    /// @param toolCalls null where there are none: the list is never empty
    public record Message(
            String role,
            @Nullable String content,
            @Nullable String refusal,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String reasoningContent,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<ToolCall> toolCalls) {}

    public record ToolCall(String id, String type, Function function) {
        public static ToolCall function(String id, String name, String arguments) {
            return new ToolCall(id, "function", new Function(name, arguments));
        }
    }

    /// What is called, and with what.
    ///
    /// @param arguments a JSON text
    public record Function(String name, String arguments) {}
}
