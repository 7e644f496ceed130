package io.dipper.onnxgraph;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/// A graph as a value: nodes in an order in which they can run, and the operator sets (domain →
/// version) that they come from. May be ill-formed; [GraphCheck] tells.
public record Graph(
        String name,
        SortedMap<String, Integer> opsets,
        List<Value> inputs,
        List<Initializer> initializers,
        List<Node> nodes,
        List<Value> outputs) {
    public Graph {
        Objects.requireNonNull(name, "name");
        opsets = Collections.unmodifiableSortedMap(new TreeMap<>(opsets));
        inputs = List.copyOf(inputs);
        initializers = List.copyOf(initializers);
        nodes = List.copyOf(nodes);
        outputs = List.copyOf(outputs);
    }
}
