package io.dipper.export.stock;

import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.ArrayList;
import java.util.List;

/// Products with weights as checkpoints store them, [N, K].
final class Products {
    private Products() {}

    /// `x · weightᵀ + bias` in float32. A rounded weight is widened for the product and then let go: products of
    /// rounded
    /// values would be rounded themselves, and their error would hide what a second opinion is to show.
    static Value of(GraphBuilder graph, Value x, Value weight, Value bias) {
        return graph.gemmTransposed(x, Ops.floats(graph, weight), bias);
    }

    static List<Value> linear(Site at) {
        return List.of(of(at.graph(), at.input(0), at.input(1), at.input(2)));
    }

    /// A norm, the products of its result, and a gate or a residual after a single one.
    static List<Value> projection(Site at) {
        GraphBuilder graph = at.graph();
        Value x = at.has(1) ? graph.rmsNormalization(at.input(0), at.input(1), at.decimal("epsilon", 0)) : at.input(0);
        List<Value> made = new ArrayList<>();
        for (int weight = 3; weight < at.inputs().size(); weight += 2) {
            made.add(of(graph, x, at.input(weight), at.input(weight + 1)));
        }
        if (!at.text("activation", "").isEmpty()) {
            made.set(0, Gates.join(at, graph, made.getFirst()));
        }
        if (at.has(2)) {
            made.set(0, graph.add(made.getFirst(), at.input(2)));
        }
        return made;
    }
}
