package io.dipper.transformer.tree;

/// Which earlier tokens a token attends to.
public sealed interface Span {

    record Full() implements Span {}

    /// The last `tokens` tokens, itself included.
    record Window(int tokens) implements Span {
        public Window {
            IllFormedTree.positive("attention window", tokens);
        }
    }

    /// Those of its own chunk: positions are cut into runs of `tokens`.
    record Chunk(int tokens) implements Span {
        public Chunk {
            IllFormedTree.positive("attention chunk", tokens);
        }
    }

    Span FULL = new Full();
}
