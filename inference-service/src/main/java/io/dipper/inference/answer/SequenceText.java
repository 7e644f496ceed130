package io.dipper.inference.answer;

import io.dipper.chat.parse.StopMatcher;
import io.dipper.chat.tokenizer.StreamDecoder;
import io.dipper.chat.tokenizer.Tokenizer;
import io.dipper.engine.Event;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// From the tokens of one sequence to the text that may be sent: whole characters, nothing of a
/// stop text, and with it the scores and ids of the tokens that made it.
final class SequenceText {
    private final Tokenizer tokenizer;
    private final StreamDecoder decoder;
    private final StopMatcher stops;
    private final @Nullable ScoreTrack scores;
    private final Ids ids = new Ids();
    private int madeCodePoints;
    private int tokens;

    /// @param wantsScores whether tokens come with logprobs that are to be reported
    SequenceText(Tokenizer tokenizer, List<String> stops, boolean wantsScores) {
        this.tokenizer = tokenizer;
        this.decoder = new StreamDecoder(tokenizer, true);
        this.stops = new StopMatcher(stops);
        this.scores = wantsScores ? new ScoreTrack() : null;
    }

    /// Takes the next token and returns what may be sent now, often nothing.
    String accept(Event.Token token) {
        count(token.id());
        int start = madeCodePoints;
        String made = decoder.accept(token.id());
        madeCodePoints += made.codePointCount(0, made.length());
        if (scores != null) {
            scores.add(TokenScore.of(token, start, tokenizer.bytes(token.id())));
        }
        return release(stops.accept(made));
    }

    /// Takes the token that ended the answer: it counts, and adds no text.
    void acceptEnd(Event.Token token) {
        count(token.id());
    }

    /// No more tokens come. Returns what was held back and may be sent after all.
    String finish() {
        if (hasStopped()) {
            finishScores(false);
            return "";
        }
        // What the decoder still holds is half a character: it is not text.
        String rest = release(stops.finish());
        finishScores(true);
        return rest;
    }

    /// Whether a stop text was found: the answer is complete, whatever else comes.
    boolean hasStopped() {
        return stops.found();
    }

    int tokens() {
        return tokens;
    }

    int[] takeIds() {
        return ids.take();
    }

    List<TokenScore> takeScores() {
        return scores == null ? List.of() : scores.take();
    }

    private void count(int id) {
        ids.add(id);
        tokens++;
    }

    private String release(String text) {
        if (scores != null) {
            scores.release(text);
        }
        return text;
    }

    private void finishScores(boolean keepEmpty) {
        if (scores != null) {
            scores.finish(keepEmpty);
        }
    }
}
