package io.dipper.benchmark.load;

/// What became of one request. All instants are of one clock, in nanoseconds from the run's start.
public sealed interface Outcome {
    /// A whole answer.
    ///
    /// @param pieceNs when each piece of text came; at least one
    record Answered(long sentNs, long[] pieceNs, long endNs, Usage usage) implements Outcome {
        public Answered {
            if (pieceNs.length == 0) {
                throw new IllegalArgumentException("an answer without a piece is a failure");
            }
        }
    }

    /// No whole answer.
    ///
    /// @param kind a short word for counting: `timeout`, `connect`, `cut`, `empty`, `malformed`,
    ///     `http_429`, `frame_…`
    /// @param pieces that came before
    record Failed(String kind, long sentNs, long endNs, int pieces) implements Outcome {}

    /// The run ended first.
    record Abandoned() implements Outcome {}

    /// By the server's count; 0 where it told none.
    record Usage(long promptTokens, long cachedTokens, long completionTokens) {
        public static final Usage NONE = new Usage(0, 0, 0);
    }
}
