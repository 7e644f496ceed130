package io.dipper.transformer.tree;

import java.util.OptionalInt;

/// From token ids to the residual stream: a table's row times `multiplier`, plus a learned position
/// where there are any.
public record Embedding(int vocabulary, int width, double multiplier, OptionalInt learnedPositions) {
    public Embedding {
        IllFormedTree.positive("vocabulary size", vocabulary);
        IllFormedTree.positive("embedding width", width);
        IllFormedTree.above("embedding multiplier", multiplier, 0);
        learnedPositions.ifPresent(count -> IllFormedTree.positive("learned position count", count));
    }

    public Embedding(int vocabulary, int width) {
        this(vocabulary, width, 1, OptionalInt.empty());
    }

    public Embedding times(double newMultiplier) {
        return new Embedding(vocabulary, width, newMultiplier, learnedPositions);
    }

    public Embedding withPositions(int count) {
        return new Embedding(vocabulary, width, multiplier, OptionalInt.of(count));
    }
}
