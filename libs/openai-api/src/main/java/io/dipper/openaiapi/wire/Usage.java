package io.dipper.openaiapi.wire;

import org.jspecify.annotations.Nullable;

/// What a request took, in tokens.
///
/// @param completionTokens over all choices, end tokens included
public record Usage(
        int promptTokens,
        int completionTokens,
        int totalTokens,
        @Nullable PromptDetails promptTokensDetails,
        @Nullable CompletionDetails completionTokensDetails) {

    /// What of the prompt was cheap.
    ///
    /// @param cachedTokens prompt tokens whose keys and values were there already
    public record PromptDetails(int cachedTokens) {}

    public record CompletionDetails(int reasoningTokens) {}

    public static Usage of(int promptTokens, int cachedTokens, int completionTokens, int reasoningTokens) {
        return new Usage(
                promptTokens,
                completionTokens,
                promptTokens + completionTokens,
                new PromptDetails(cachedTokens),
                new CompletionDetails(reasoningTokens));
    }
}
