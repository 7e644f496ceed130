package io.dipper.export;

import java.util.List;

/// A weight of the graph: rows of one or more of the tree's weights, one under the other, in
/// `weights.bin`.
public record ExportedWeight(String name, List<String> parts, List<Integer> shape, Change change, long offset) {
    public ExportedWeight {
        parts = List.copyOf(parts);
        shape = List.copyOf(shape);
    }

    public long elements() {
        return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    /// What is done to the values on their way.
    public enum Change {
        NONE,
        /// For norms whose factor is one plus the stored weight.
        PLUS_ONE
    }
}
