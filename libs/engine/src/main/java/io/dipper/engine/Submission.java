package io.dipper.engine;

/// One sequence to be continued.
///
/// @param prompt token ids, at least one
/// @param maxTokens most tokens to generate; 0 only with `scorePrompt`
/// @param endIds tokens that end the answer
/// @param ignoreEnd end tokens are generated like any other
/// @param scorePrompt report the logprob of each prompt token but the first
/// @param deadlineNs instant on the engine's clock at which the request fails; 0 is none
public record Submission(
        int[] prompt,
        Sampling sampling,
        int maxTokens,
        int[] endIds,
        boolean ignoreEnd,
        boolean scorePrompt,
        long deadlineNs) {

    public Submission {
        if (prompt.length == 0) {
            throw new IllegalArgumentException("prompt is empty");
        }
        if (maxTokens < 0 || (maxTokens == 0 && !scorePrompt)) {
            throw new IllegalArgumentException("maxTokens is out of range: " + maxTokens);
        }
        prompt = prompt.clone();
        endIds = endIds.clone();
    }

    public Submission(int[] prompt, Sampling sampling, int maxTokens, int[] endIds) {
        this(prompt, sampling, maxTokens, endIds, false, false, 0);
    }

    /// Whether the answer ends with this token.
    public boolean endsWith(int id) {
        if (!ignoreEnd) {
            for (int end : endIds) {
                if (end == id) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Tokens whose keys and values are kept at most: the last generated token is never read again.
    public int mostTokens() {
        return prompt.length + Math.max(0, maxTokens - 1);
    }
}
