package io.dipper.onnxgraph;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// A constant that belongs to a node.
public sealed interface Attribute {
    String name();

    record Int(String name, long value) implements Attribute {}

    record Decimal(String name, float value) implements Attribute {}

    record Text(String name, String value) implements Attribute {}

    record Ints(String name, List<Long> values) implements Attribute {
        public Ints {
            values = List.copyOf(values);
        }
    }

    record Decimals(String name, List<Float> values) implements Attribute {
        public Decimals {
            values = List.copyOf(values);
        }
    }

    record Texts(String name, List<String> values) implements Attribute {
        public Texts {
            values = List.copyOf(values);
        }
    }

    /// A graph inside a node. It sees the values of the graph around it, which its own names must not hide.
    record Body(String name, Graph value) implements Attribute {}

    static Attribute of(String name, Graph value) {
        return new Body(name, value);
    }

    static Attribute of(String name, long value) {
        return new Int(name, value);
    }

    static Attribute of(String name, float value) {
        return new Decimal(name, value);
    }

    static Attribute of(String name, String value) {
        return new Text(name, value);
    }

    static Attribute ints(String name, long... values) {
        return new Ints(name, Arrays.stream(values).boxed().toList());
    }

    static Attribute floats(String name, float... values) {
        return new Decimals(
                name, IntStream.range(0, values.length).mapToObj(i -> values[i]).toList());
    }

    static Attribute texts(String name, String... values) {
        return new Texts(name, List.of(values));
    }
}
