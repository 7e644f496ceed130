package io.dipper.engine.plan;

/// One sequence's part of a step: its tokens `from` to `from + count - 1`.
///
/// @param firstDraw offset in the row of the first token whose logits are wanted; `count` if none
///     are
public record Row(Sequence sequence, int from, int count, int firstDraw) {
    public Row {
        if (count < 1 || from != sequence.computed() || from + count > sequence.length()) {
            throw new IllegalArgumentException("a row of tokens " + from + " + " + count + " of a sequence with "
                    + sequence.computed() + " of " + sequence.length() + " computed");
        }
        if (firstDraw < 0 || firstDraw > count) {
            throw new IllegalArgumentException("draws from " + firstDraw + " of " + count);
        }
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

    /// Copies the row's token ids.
    public void copyTokens(int[] into, int at) {
        sequence.copyTokens(from, into, at, count);
    }
}
