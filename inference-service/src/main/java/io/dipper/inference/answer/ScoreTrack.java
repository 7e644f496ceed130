package io.dipper.inference.answer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/// Keeps the tokens' scores in step with the text: a score goes out when all bytes of its token
/// have gone out in the text, and scores of text that is never sent are never sent.
///
/// ```
/// tokens:     |The| capi|tal| of| ...    scores of "The", " capi" and "tal" are ready once "The
/// capital"
/// released:   |The capital|              was released
/// ```
final class ScoreTrack {
    private final ArrayDeque<TokenScore> pending = new ArrayDeque<>();
    private final List<TokenScore> ready = new ArrayList<>();
    private long releasedBytes;
    private long readyBytes;

    void add(TokenScore score) {
        pending.add(score);
        advance();
    }

    /// So much more of the text goes out.
    void release(String text) {
        releasedBytes += Utf8.length(text);
        advance();
    }

    /// The answer is complete. Tokens that reach past its text are cut to what of them is in it.
    ///
    /// @param keepEmpty whether tokens with nothing in the text stay: yes at a limit, which may
    ///     split a character; no at a stop text, which is not to be told
    void finish(boolean keepEmpty) {
        for (TokenScore next = pending.poll(); next != null; next = pending.poll()) {
            TokenScore cut = next.withFirstBytes((int) Math.min(releasedBytes - readyBytes, Integer.MAX_VALUE));
            if (keepEmpty || cut.bytes().length > 0) {
                makeReady(cut);
            }
        }
    }

    /// The scores that became ready since the last call.
    List<TokenScore> take() {
        List<TokenScore> taken = List.copyOf(ready);
        ready.clear();
        return taken;
    }

    private void advance() {
        while (!pending.isEmpty() && readyBytes + pending.peek().bytes().length <= releasedBytes) {
            makeReady(pending.poll());
        }
    }

    private void makeReady(TokenScore score) {
        ready.add(score);
        readyBytes += score.bytes().length;
    }
}
