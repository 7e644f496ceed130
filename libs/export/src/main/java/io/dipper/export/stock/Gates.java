package io.dipper.export.stock;

import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.StandardOps.GeluForm;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// What joins the two halves of a gated feed-forward part, in its plain, clamped and cut forms.
final class Gates {
    private Gates() {}

    static List<Value> activation(Site at) {
        return List.of(join(at, at.graph(), at.input(0)));
    }

    /// The gate and its layer's columns of another value.
    static List<Value> perLayer(Site at) {
        GraphBuilder graph = at.graph();
        Value gate = at.input(0);
        long width = ((Dimension.Fixed) gate.shape().get(1)).size();
        long from = at.integer("layer") * width;
        Value columns = graph.slice(at.input(1), 1, from, from + width);
        return List.of(graph.mul(activated(graph, at.text("activation", ""), gate), columns));
    }

    /// As the node's attributes say.
    ///
    /// @param both [T, 2F], the gate's columns first
    static Value join(Site at, GraphBuilder graph, Value both) {
        long width = ((Dimension.Fixed) both.shape().get(1)).size() / 2;
        List<Value> halves = graph.split(both, 1, width, width);
        Value gate = halves.getFirst();
        Value up = halves.getLast();
        String activation = at.text("activation", "");
        float deviations = at.decimal("cut_deviations", Float.NaN);
        if (!Float.isNaN(deviations)) {
            Value over = graph.sub(gate, cut(graph, gate, deviations));
            return graph.mul(activated(graph, activation, graph.relu(over)), up);
        }
        float limit = at.decimal("clamp_limit", 0);
        if (limit == 0) {
            return graph.mul(activated(graph, activation, gate), up);
        }
        Value most = graph.scalar(limit);
        Value held = graph.min(gate, most);
        Value opened = graph.mul(held, graph.sigmoid(graph.mul(held, graph.scalar(at.decimal("clamp_alpha", 0)))));
        Value within = graph.max(graph.min(up, most), graph.scalar(-limit));
        return graph.mul(opened, graph.add(within, graph.scalar(1f)));
    }

    /// So many standard deviations above the mean of a row's gates, [T, 1].
    private static Value cut(GraphBuilder graph, Value gate, float deviations) {
        Value mean = graph.reduceMean(gate, 1);
        Value off = graph.sub(gate, mean);
        Value deviation = graph.sqrt(graph.reduceMean(graph.mul(off, off), 1));
        return graph.add(mean, graph.mul(deviation, graph.scalar(deviations)));
    }

    private static Value activated(GraphBuilder graph, String name, Value x) {
        return switch (name) {
            case "silu" -> graph.silu(x);
            case "gelu" -> graph.gelu(x, GeluForm.EXACT);
            case "gelu_tanh" -> graph.gelu(x, GeluForm.TANH);
            case "relu" -> graph.relu(x);
            case "relu_squared" -> {
                Value positive = graph.relu(x);
                yield graph.mul(positive, positive);
            }
            default -> throw new IllegalArgumentException("activation " + name + " has no form on stock operators");
        };
    }
}
