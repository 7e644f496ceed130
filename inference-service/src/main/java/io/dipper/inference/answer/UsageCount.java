package io.dipper.inference.answer;

import io.dipper.openaiapi.wire.Usage;

/// Counts what a request takes, from the tokens that its answer used. What the engine did beyond a
/// stop text is not the client's.
final class UsageCount {
    private final int promptTokens;
    private int cachedTokens;
    private int completionTokens;
    private int reasoningTokens;

    UsageCount(int promptTokens) {
        this.promptTokens = promptTokens;
    }

    void generated() {
        completionTokens++;
    }

    void reasoned() {
        reasoningTokens++;
    }

    /// Choices of one prompt share it, so the best of them says what was there already.
    void cached(int tokens) {
        cachedTokens = Math.min(promptTokens, Math.max(cachedTokens, tokens));
    }

    int promptTokens() {
        return promptTokens;
    }

    int completionTokens() {
        return completionTokens;
    }

    Usage wire() {
        return Usage.of(promptTokens, cachedTokens, completionTokens, reasoningTokens);
    }
}
