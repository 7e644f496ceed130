package io.dipper.inference.answer;

import io.dipper.chat.tokenizer.StreamDecoder;
import io.dipper.chat.tokenizer.Tokenizer;
import io.dipper.engine.Event;
import java.util.ArrayList;
import java.util.List;

/// A prompt that comes back before its continuation, with its tokens' scores where they are wanted.
final class EchoedPrompt {
    private static final int[] NO_IDS = {};
    private static final float[] NO_LOGPROBS = {};

    private final Tokenizer tokenizer;
    private final String text;
    private final int[] ids;
    private final Event.Scored[] scored;

    /// @param text as it was sent, or what its ids say
    EchoedPrompt(Tokenizer tokenizer, String text, int[] ids) {
        this.tokenizer = tokenizer;
        this.text = text;
        this.ids = ids;
        this.scored = new Event.Scored[ids.length];
    }

    String text() {
        return text;
    }

    int codePoints() {
        return text.codePointCount(0, text.length());
    }

    void add(Event.Scored score) {
        scored[score.position()] = score;
    }

    /// One score a token; the first has none, as nothing comes before it.
    List<TokenScore> scores() {
        var scores = new ArrayList<TokenScore>(ids.length);
        var decoder = new StreamDecoder(tokenizer, true);
        int start = 0;
        for (int i = 0; i < ids.length; i++) {
            byte[] bytes = tokenizer.bytes(ids[i]);
            Event.Scored score = scored[i];
            scores.add(
                    score == null
                            ? new TokenScore(ids[i], start, bytes, Float.NaN, NO_IDS, NO_LOGPROBS)
                            : new TokenScore(
                                    ids[i], start, bytes, score.logprob(), score.topIds(), score.topLogprobs()));
            String made = decoder.accept(ids[i]);
            start += made.codePointCount(0, made.length());
        }
        return scores;
    }
}
