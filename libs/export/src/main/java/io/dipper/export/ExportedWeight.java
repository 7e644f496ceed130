package io.dipper.export;

import io.dipper.checkpoint.Manifest.Place;
import io.dipper.onnxgraph.ElementType;
import java.util.List;

/// A weight of the graph: rows of one or more of the tree's weights, one under the other, in
/// `weights.bin`.
///
/// @param type of its elements in the file
/// @param place the memory that it is read from
public record ExportedWeight(
        String name,
        List<String> parts,
        List<Integer> shape,
        ElementType type,
        Change change,
        Place place,
        long offset) {
    public ExportedWeight {
        parts = List.copyOf(parts);
        shape = List.copyOf(shape);
    }

    public long elements() {
        return shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
    }

    public long bytes() {
        return elements() * type.byteSize();
    }

    /// What is done to the values on their way.
    public enum Change {
        NONE,
        /// For norms whose factor is one plus the stored weight.
        PLUS_ONE
    }
}
