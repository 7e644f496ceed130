package io.dipper.transformer.tree;

/// Grouped-query attention; with as many key-value heads as heads it is multi-head attention.
///
/// Built from [#of] and copied with what differs: `Attention.of(hidden, heads, kvHeads, headDim,
/// rope).over(new Span.Window(4096))`.
public record Attention(
        int hidden,
        int heads,
        int kvHeads,
        int headDim,
        Positions positions,
        Span span,
        QkNorm qkNorm,
        Scoring scoring,
        Biases biases,
        Gate gate)
        implements Mixer {

    public Attention {
        IllFormedTree.positive("hidden size", hidden);
        IllFormedTree.positive("head count", heads);
        IllFormedTree.positive("key-value head count", kvHeads);
        IllFormedTree.positive("head dimension", headDim);
        IllFormedTree.unless(heads % kvHeads == 0, "%d heads cannot share %d key-value heads", heads, kvHeads);
        IllFormedTree.width("query width", 2L * heads * headDim);
        if (positions instanceof Positions.Rope rope) {
            IllFormedTree.unless(
                    rope.rotaryDim() <= headDim, "%d rotary dimensions in a head of %d", rope.rotaryDim(), headDim);
        }
        switch (qkNorm) {
            case QkNorm.None _ -> {}
            case QkNorm.PerHead(Norm query, Norm _, var value) -> {
                IllFormedTree.unless(
                        query.width() == headDim, "head norm has width %d, the head %d", query.width(), headDim);
                value.ifPresent(norm -> IllFormedTree.unless(
                        norm.width() == headDim, "value norm has width %d, the head %d", norm.width(), headDim));
            }
            case QkNorm.WholeProjection(Norm query, Norm key) ->
                IllFormedTree.unless(
                        query.width() == heads * headDim && key.width() == kvHeads * headDim,
                        "projection norms have widths %d and %d, the projections %d and %d",
                        query.width(),
                        key.width(),
                        heads * headDim,
                        kvHeads * headDim);
        }
    }

    /// Full causal attention with nothing special about it.
    public static Attention of(int hidden, int heads, int kvHeads, int headDim, Positions positions) {
        IllFormedTree.positive("head dimension", headDim);
        return new Attention(
                hidden,
                heads,
                kvHeads,
                headDim,
                positions,
                Span.FULL,
                QkNorm.NONE,
                Scoring.standard(headDim),
                Biases.NONE,
                Gate.NONE);
    }

    public Attention at(Positions newPositions) {
        return new Attention(hidden, heads, kvHeads, headDim, newPositions, span, qkNorm, scoring, biases, gate);
    }

    public Attention over(Span newSpan) {
        return new Attention(hidden, heads, kvHeads, headDim, positions, newSpan, qkNorm, scoring, biases, gate);
    }

    public Attention with(QkNorm newQkNorm) {
        return new Attention(hidden, heads, kvHeads, headDim, positions, span, newQkNorm, scoring, biases, gate);
    }

    public Attention with(Scoring newScoring) {
        return new Attention(hidden, heads, kvHeads, headDim, positions, span, qkNorm, newScoring, biases, gate);
    }

    public Attention with(Biases newBiases) {
        return new Attention(hidden, heads, kvHeads, headDim, positions, span, qkNorm, scoring, newBiases, gate);
    }

    public Attention with(Gate newGate) {
        return new Attention(hidden, heads, kvHeads, headDim, positions, span, qkNorm, scoring, biases, newGate);
    }

    public int queryWidth() {
        return heads * headDim;
    }

    public int keyValueWidth() {
        return kvHeads * headDim;
    }

    /// Which projections have a bias.
    public enum Biases {
        NONE,
        QUERY_KEY_VALUE,
        ALL;

        public boolean onInputs() {
            return this != NONE;
        }

        public boolean onOutput() {
            return this == ALL;
        }
    }

    /// Whether the query projection is twice as wide, its other half gating the heads' output
    /// through a sigmoid. The rows of a head are its query, then its gate.
    public enum Gate {
        NONE,
        SIGMOID_BESIDE_QUERY
    }
}
