package io.dipper.export.stock;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.List;
import java.util.Optional;

/// Where a node of ours stood: what it was given, and the builder of what takes its place.
record Site(GraphBuilder graph, Node node, List<Value> inputs, Step step, Pools pools) {
    Site {
        inputs = List.copyOf(inputs);
    }

    /// [Value#ABSENT] if it is left out.
    Value input(int index) {
        return index < inputs.size() ? inputs.get(index) : Value.ABSENT;
    }

    boolean has(int index) {
        return !input(index).isAbsent();
    }

    int integer(String name) {
        return integer(name, 0);
    }

    int integer(String name, int otherwise) {
        return attribute(name)
                .map(attribute -> (int) ((Attribute.Int) attribute).value())
                .orElse(otherwise);
    }

    float decimal(String name, float otherwise) {
        return attribute(name)
                .map(attribute -> ((Attribute.Decimal) attribute).value())
                .orElse(otherwise);
    }

    String text(String name, String otherwise) {
        return attribute(name)
                .map(attribute -> ((Attribute.Text) attribute).value())
                .orElse(otherwise);
    }

    private Optional<Attribute> attribute(String name) {
        return node.attributes().stream()
                .filter(attribute -> attribute.name().equals(name))
                .findFirst();
    }
}
