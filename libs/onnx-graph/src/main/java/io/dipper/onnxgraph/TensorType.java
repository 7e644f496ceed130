package io.dipper.onnxgraph;

import java.util.Objects;

/// What a tensor is made of, and its shape.
public record TensorType(ElementType element, Shape shape) {
    public TensorType {
        Objects.requireNonNull(element, "element");
        Objects.requireNonNull(shape, "shape");
    }

    public static TensorType of(ElementType element, Object... dimensions) {
        return new TensorType(element, Shape.of(dimensions));
    }

    public TensorType withElement(ElementType other) {
        return new TensorType(other, shape);
    }

    public TensorType withShape(Shape other) {
        return new TensorType(element, other);
    }

    @Override
    public String toString() {
        return element.toString() + shape;
    }
}
