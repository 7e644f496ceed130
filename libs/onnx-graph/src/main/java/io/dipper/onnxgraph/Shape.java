package io.dipper.onnxgraph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/// The dimensions of a tensor; a scalar has none.
public record Shape(List<Dimension> dimensions) {
    public static final Shape SCALAR = new Shape(List.of());

    public Shape {
        dimensions = List.copyOf(dimensions);
    }

    /// Whole numbers become fixed dimensions, strings symbols: `Shape.of("T", 1024)`.
    public static Shape of(Object... dimensions) {
        return new Shape(Arrays.stream(dimensions).map(Shape::dimension).toList());
    }

    private static Dimension dimension(Object dimension) {
        return switch (dimension) {
            case Dimension d -> d;
            case Integer i -> new Dimension.Fixed(i);
            case Long l -> new Dimension.Fixed(l);
            case String s -> new Dimension.Symbol(s);
            default -> throw new IllegalArgumentException("not a dimension: " + dimension);
        };
    }

    public int rank() {
        return dimensions.size();
    }

    /// Dimension `axis`; negative axes count from the end.
    public Dimension get(int axis) {
        return dimensions.get(index(axis));
    }

    public Shape with(int axis, Dimension dimension) {
        var changed = new ArrayList<>(dimensions);
        changed.set(index(axis), dimension);
        return new Shape(changed);
    }

    /// A negative axis counted from the end, as an index.
    public int index(int axis) {
        int index = axis < 0 ? axis + rank() : axis;
        if (index < 0 || index >= rank()) {
            throw new IllegalArgumentException("axis " + axis + " of " + this);
        }
        return index;
    }

    /// The number of elements, if every dimension is fixed.
    public OptionalLong elements() {
        long product = 1;
        for (var dimension : dimensions) {
            if (!(dimension instanceof Dimension.Fixed fixed)) {
                return OptionalLong.empty();
            }
            product = Math.multiplyExact(product, fixed.size());
        }
        return OptionalLong.of(product);
    }

    @Override
    public String toString() {
        return dimensions.stream().map(Dimension::toString).collect(Collectors.joining(",", "[", "]"));
    }
}
