package io.dipper.engine.plan;

/// One sequence's part of a step: its tokens `from` to `from + count - 1`.
///
/// @param firstDraw offset in the row of the first token whose logits are wanted; `count` if none
///     are
/// @param continued whether its one token is what the step before draws, and not yet known
public record Row(Sequence sequence, int from, int count, int firstDraw, boolean continued) {
    public Row {
        if (continued) {
            if (count != 1 || firstDraw != 0 || from != sequence.length() || from != sequence.computed() + 1) {
                throw new IllegalArgumentException("a row that goes on with token " + from + " of a sequence with "
                        + sequence.computed() + " of " + sequence.length() + " computed");
            }
        } else if (count < 1 || from != sequence.computed() || from + count > sequence.length()) {
            throw new IllegalArgumentException("a row of tokens " + from + " + " + count + " of a sequence with "
                    + sequence.computed() + " of " + sequence.length() + " computed");
        }
        if (firstDraw < 0 || firstDraw > count) {
            throw new IllegalArgumentException("draws from " + firstDraw + " of " + count);
        }
    }

    public Row(Sequence sequence, int from, int count, int firstDraw) {
        this(sequence, from, count, firstDraw, false);
    }

    /// The row after one that continues an answer, before it is known how.
    static Row after(Row row) {
        return new Row(row.sequence, row.from + 1, 1, 0, true);
    }

    /// How many tokens are generated before the draw at this offset: what a sampler's counter counts.
    public int generatedBefore(int offset) {
        return Math.max(0, from + offset + 1 - sequence.promptLength());
    }

    public int draws() {
        return count - firstDraw;
    }

    /// The id that the logits after the row's token at this offset must name: the prompt's next
    /// token while it is scored, else [#FREE].
    public int forcedId(int offset) {
        int next = from + offset + 1;
        return next < sequence.length() ? sequence.token(next) : FREE;
    }

    public static final int FREE = -1;

    /// Copies the row's token ids; one that is not known yet is 0.
    public void copyTokens(int[] into, int at) {
        if (continued) {
            into[at] = 0;
            return;
        }
        sequence.copyTokens(from, into, at, count);
    }
}
