package io.dipper.openaiapi.wire;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One event of a streamed chat answer.
///
/// @param usage null if the key is not there
/// @param promptTokenIds only in the first chunk, and where `return_token_ids` was asked for
public record ChatChunk(
        String id,
        String object,
        long created,
        String model,
        String systemFingerprint,
        List<Choice> choices,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable StreamUsage usage,
        @JsonInclude(JsonInclude.Include.NON_NULL) int @Nullable [] promptTokenIds) {

    public static final String OBJECT = "chat.completion.chunk";

    /// What an event adds to one of the `n` answers.
    ///
    /// @param finishReason null, and written as null, until the last chunk of the index
    public record Choice(
            int index,
            Delta delta,
            @Nullable ChatLogprobs logprobs,
            @Nullable FinishReason finishReason,
            @JsonInclude(JsonInclude.Include.NON_NULL) int @Nullable [] tokenIds) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Delta(
            @Nullable String role,
            @Nullable String content,
            @Nullable String reasoningContent,
            @Nullable List<CallDelta> toolCalls) {

        public static final Delta EMPTY = new Delta(null, null, null, null);

        public static Delta role(String role) {
            return new Delta(role, "", null, null);
        }

        public static Delta content(String text) {
            return new Delta(null, text, null, null);
        }

        public static Delta reasoning(String text) {
            return new Delta(null, null, text, null);
        }

        public static Delta call(CallDelta call) {
            return new Delta(null, null, null, List.of(call));
        }
    }

    /// `id`, `type` and the name come once, in a call's first delta; fragments of `arguments`
    /// follow.
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record CallDelta(
            int index, @Nullable String id, @Nullable String type, FunctionDelta function) {

        public static CallDelta start(int index, String id, String name) {
            return new CallDelta(index, id, "function", new FunctionDelta(name, ""));
        }

        public static CallDelta arguments(int index, String fragment) {
            return new CallDelta(index, null, null, new FunctionDelta(null, fragment));
        }
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record FunctionDelta(
            @Nullable String name, @Nullable String arguments) {}
}
