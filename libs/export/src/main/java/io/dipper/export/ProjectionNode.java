package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import java.util.ArrayList;
import java.util.List;

/// What a node of the operator `Projection` is given, before it is one.
///
/// @param residual or [Value#ABSENT]
/// @param weights each with its bias, or [Value#ABSENT] for it
record ProjectionNode(Value x, Value residual, List<Weight> weights, List<Attribute> attributes) {
    record Weight(Value matrix, Value bias) {}

    private static final int NORM = 1;
    private static final int FIRST_MATRIX = 3;

    ProjectionNode {
        weights = List.copyOf(weights);
        attributes = List.copyOf(attributes);
    }

    static ProjectionNode of(Node linear) {
        return of(List.of(linear));
    }

    /// Products of the same value.
    static ProjectionNode of(List<Node> linears) {
        List<Weight> weights = linears.stream()
                .map(Node::inputs)
                .map(inputs -> new Weight(inputs.get(1), inputs.size() > 2 ? inputs.get(2) : Value.ABSENT))
                .toList();
        return new ProjectionNode(linears.getFirst().inputs().getFirst(), Value.ABSENT, weights, List.of());
    }

    ProjectionNode withResidual(Value added) {
        return new ProjectionNode(x, added, weights, attributes);
    }

    ProjectionNode with(List<Attribute> gate) {
        return new ProjectionNode(x, residual, weights, gate);
    }

    Node node(String name, List<Value> outputs) {
        List<Value> inputs = new ArrayList<>(List.of(x, Value.ABSENT, residual));
        weights.forEach(weight -> {
            inputs.add(weight.matrix());
            inputs.add(weight.bias());
        });
        while (inputs.getLast().isAbsent()) {
            inputs.removeLast();
        }
        return new Node(name, Operators.DOMAIN, "Projection", inputs, outputs, attributes);
    }

    /// The projection of a norm's output as one of what the norm was given.
    static Node withNorm(Node projection, Node norm) {
        List<Value> inputs = new ArrayList<>(projection.inputs());
        inputs.set(0, norm.inputs().get(0));
        inputs.set(NORM, norm.inputs().get(1));
        List<Attribute> attributes = new ArrayList<>(projection.attributes());
        attributes.addAll(norm.attributes());
        return new Node(
                projection.name(), projection.domain(), projection.op(), inputs, projection.outputs(), attributes);
    }

    /// The weights of a node.
    static List<Value> matrices(Node projection) {
        List<Value> matrices = new ArrayList<>();
        for (int input = FIRST_MATRIX; input < projection.inputs().size(); input += 2) {
            matrices.add(projection.inputs().get(input));
        }
        return matrices;
    }
}
