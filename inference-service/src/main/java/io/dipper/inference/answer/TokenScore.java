package io.dipper.inference.answer;

import io.dipper.engine.Event;
import java.util.Arrays;

/// A token of the answer (or of an echoed prompt) with its probability, before it takes the wire's
/// shape.
///
/// @param startCharacter characters of the text before it
/// @param bytes what it adds to the text
/// @param logprob NaN for the first token of a prompt, which follows nothing
record TokenScore(int id, int startCharacter, byte[] bytes, float logprob, int[] topIds, float[] topLogprobs) {

    /// What stands for a probability of zero, as JSON has no infinity.
    static final float IMPOSSIBLE = -9999.0f;

    TokenScore {
        logprob = Float.isNaN(logprob) ? logprob : finite(logprob);
    }

    static TokenScore of(Event.Token token, int startCharacter, byte[] bytes) {
        return new TokenScore(token.id(), startCharacter, bytes, token.logprob(), token.topIds(), token.topLogprobs());
    }

    static float finite(float logprob) {
        return Float.isFinite(logprob) ? Math.min(logprob, 0) : IMPOSSIBLE;
    }

    TokenScore withFirstBytes(int count) {
        return count >= bytes.length
                ? this
                : new TokenScore(id, startCharacter, Arrays.copyOf(bytes, count), logprob, topIds, topLogprobs);
    }
}
