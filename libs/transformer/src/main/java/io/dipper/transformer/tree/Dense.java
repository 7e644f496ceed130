package io.dipper.transformer.tree;

/// `down(activation(up(x)))`.
public record Dense(int hidden, int intermediate, Activation activation, boolean biased) implements FeedForward {
    public Dense {
        IllFormedTree.positive("hidden size", hidden);
        IllFormedTree.positive("intermediate size", intermediate);
    }
}
