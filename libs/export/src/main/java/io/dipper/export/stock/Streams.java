package io.dipper.export.stock;

import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What designs of several residual streams [T, n, H] do around their layers' products.
final class Streams {
    private Streams() {}

    static List<Value> spread(Site at) {
        GraphBuilder graph = at.graph();
        Value embedded = at.input(0);
        long width = size(embedded, 1);
        int others = (int) (size(at.input(1), 1) / width);
        Value projected = graph.reshape(at.input(1), embedded.shape().get(0), others, width);
        Value first = graph.unsqueeze(embedded, 1);
        List<Value> all = new ArrayList<>(List.of(first));
        all.addAll(graph.split(sized(at, projected, size(graph, first)), 1, ones(others)));
        return List.of(graph.concat(1, all.toArray(Value[]::new)));
    }

    static List<Value> mean(Site at) {
        GraphBuilder graph = at.graph();
        Value sum = at.input(0);
        Value size = size(graph, sum);
        for (int stream = 1; stream < at.inputs().size(); stream++) {
            sum = graph.add(sum, sized(at, at.input(stream), size));
        }
        return List.of(graph.mul(sum, graph.scalar(1f / at.inputs().size())));
    }

    private static Value size(GraphBuilder graph, Value x) {
        return graph.sqrt(meanSquare(graph, x));
    }

    /// `x` scaled to the root mean square `size`.
    private static Value sized(Site at, Value x, Value size) {
        GraphBuilder graph = at.graph();
        Value least = graph.scalar(at.decimal("least_square", 0));
        return graph.div(graph.mul(x, size), graph.sqrt(graph.max(meanSquare(graph, x), least)));
    }

    private static Value meanSquare(GraphBuilder graph, Value x) {
        return graph.reduceMean(graph.mul(x, x), -1);
    }

    /// Parts of equal sizes: on a card the runtime joins and parts others by lists of addresses that a
    /// captured graph would not keep.
    private static long[] ones(int parts) {
        long[] ones = new long[parts];
        Arrays.fill(ones, 1);
        return ones;
    }

    static List<Value> predict(Site at) {
        GraphBuilder graph = at.graph();
        Value all = at.has(1) ? added(at) : at.input(0);
        Value routed = routed(at, active(at, all), 3);
        Value mixing = Products.of(graph, routed, at.input(5), Value.ABSENT);
        long streams = size(all, 1);
        Value square = graph.reshape(mixing, all.shape().get(0), streams, streams);
        Value predicted = graph.add(graph.matMul(square, all), all);
        return List.of(predicted, active(at, predicted));
    }

    /// The streams, all but the first with the norm of what stands beside them.
    private static Value added(Site at) {
        GraphBuilder graph = at.graph();
        Value beside = graph.unsqueeze(Norms.of(at, at.input(1), at.input(2)), 1);
        List<Value> parts = new ArrayList<>(graph.split(at.input(0), 1, ones((int) size(at.input(0), 1))));
        for (int stream = 1; stream < parts.size(); stream++) {
            parts.set(stream, graph.add(parts.get(stream), beside));
        }
        return graph.concat(1, parts.toArray(Value[]::new));
    }

    static List<Value> join(Site at) {
        GraphBuilder graph = at.graph();
        Value sum = at.input(0);
        for (int branch : new int[] {2, 0, 4}) {
            sum = graph.add(sum, Norms.of(at, at.input(branch), at.input(branch + 1)));
        }
        return List.of(graph.mul(sum, graph.scalar((float) Math.sqrt(0.5))));
    }

    static List<Value> correct(Site at) {
        GraphBuilder graph = at.graph();
        Value predicted = at.input(0);
        Value made = graph.add(at.input(1), Norms.of(at, at.input(2), at.input(3)));
        Value beyond = graph.unsqueeze(graph.sub(made, active(at, predicted)), 1);
        Value shares = Products.of(graph, routed(at, made, 4), clipped(at, at.input(6)), Value.ABSENT);
        Value column = graph.unsqueeze(graph.add(shares, graph.scalar(1f)), 2);
        Value corrected = graph.add(graph.mul(beyond, column), predicted);
        Value row = active(at, corrected);
        return List.of(corrected, at.has(7) ? graph.mul(row, at.input(7)) : row);
    }

    private static Value clipped(Site at, Value coefficients) {
        GraphBuilder graph = at.graph();
        float clip = at.decimal("clip", Float.POSITIVE_INFINITY);
        return Float.isInfinite(clip)
                ? coefficients
                : graph.min(graph.max(Ops.floats(graph, coefficients), graph.scalar(-clip)), graph.scalar(clip));
    }

    /// The stream that the layer computes, [T, H].
    private static Value active(Site at, Value all) {
        int active = at.integer("active");
        return at.graph().squeeze(at.graph().slice(all, 1, active, active + 1L), 1);
    }

    /// tanh(router · norm(x) / H), [T, n]; the norm's weight is the input `norm`, the router the next one.
    private static Value routed(Site at, Value x, int norm) {
        GraphBuilder graph = at.graph();
        Value normed = Norms.of(at, x, at.input(norm));
        Value routed = Products.of(graph, normed, at.input(norm + 1), Value.ABSENT);
        return graph.tanh(graph.mul(routed, graph.scalar(1f / size(x, 1))));
    }

    private static long size(Value value, int dimension) {
        return ((Dimension.Fixed) value.shape().get(dimension)).size();
    }
}
