package io.dipper.onnxgraph;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/// One operation: `outputs = domain:op(inputs) {attributes}`. The domain of ONNX's own operators is
/// empty. Attributes are kept sorted by name, so equal nodes are equal values and equal bytes.
public record Node(
        String name, String domain, String op, List<Value> inputs, List<Value> outputs, List<Attribute> attributes) {
    public Node {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(domain, "domain");
        Objects.requireNonNull(op, "op");
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        attributes = attributes.stream()
                .sorted(Comparator.comparing(Attribute::name))
                .toList();
    }
}
