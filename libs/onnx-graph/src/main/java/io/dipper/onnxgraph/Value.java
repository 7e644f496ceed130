package io.dipper.onnxgraph;

import java.util.Objects;

/// A named tensor of a graph: an input, an initializer, or what a node makes.
public record Value(String name, TensorType type) {
    /// Stands for an optional input of a node that is left out.
    public static final Value ABSENT = new Value("", new TensorType(ElementType.F32, Shape.SCALAR));

    public Value {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
    }

    public boolean isAbsent() {
        return name.isEmpty();
    }

    public ElementType element() {
        return type.element();
    }

    public Shape shape() {
        return type.shape();
    }

    @Override
    public String toString() {
        return name + ": " + type;
    }
}
