package io.dipper.transformer.fold;

import java.util.List;

/// A parameter tensor of a tree: its path, its shape (a matrix has outputs as rows), and what it is
/// for.
public record Weight(String path, List<Integer> shape, Use use) {
    public Weight {
        shape = List.copyOf(shape);
        if (shape.isEmpty() || shape.stream().anyMatch(length -> length < 1)) {
            throw new IllegalArgumentException("weight " + path + " of shape " + shape);
        }
    }

    public long elements() {
        return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    /// Rows of a matrix; the length of a vector.
    public int rows() {
        return shape.getFirst();
    }

    /// Columns of a matrix; one for a vector.
    public int columns() {
        return shape.size() == 1 ? 1 : shape.getLast();
    }

    /// What a token does with a weight.
    public enum Use {
        /// Every token is multiplied by it.
        BODY,
        /// The token embedding: one row is looked up, and a tied head multiplies by all of it.
        EMBEDDING,
        HEAD,
        /// Learned positions: one row is looked up.
        POSITIONS,
        /// Per-layer embeddings: one row is looked up.
        PER_LAYER_EMBEDDING,
        /// Used by the tokens that chose the expert.
        EXPERT,
        /// Chooses each token's experts.
        ROUTER,
        ROUTER_CORRECTION,
        /// Stored by some files and counted by everyone, but read by nothing: the keys and values
        /// of a layer that reads another layer's.
        IDLE
    }
}
