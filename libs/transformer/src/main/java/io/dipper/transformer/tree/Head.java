package io.dipper.transformer.tree;

import java.util.OptionalDouble;

/// From the last hidden state to logits, which are multiplied by `scale`, then capped.
public record Head(Matrix matrix, double scale, OptionalDouble softcap) {
    public Head {
        IllFormedTree.above("logit scale", scale, 0);
        softcap.ifPresent(cap -> IllFormedTree.above("logit softcap", cap, 0));
    }

    public static Head of(Matrix matrix) {
        return new Head(matrix, 1, OptionalDouble.empty());
    }

    public Head scaled(double newScale) {
        return new Head(matrix, newScale, softcap);
    }

    public Head capped(OptionalDouble newSoftcap) {
        return new Head(matrix, scale, newSoftcap);
    }

    public boolean tied() {
        return matrix == Matrix.TIED;
    }

    /// The embedding's own table, or a matrix of its own.
    public enum Matrix {
        TIED,
        OWN,
        OWN_WITH_BIAS
    }
}
