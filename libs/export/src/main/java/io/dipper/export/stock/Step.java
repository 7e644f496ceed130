package io.dipper.export.stock;

import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/// What follows from a step's inputs alone, made once for all layers: 64-bit forms of positions, starts and tables, and
/// the place in the pool of every token.
final class Step {
    private final GraphBuilder graph;
    private final Map<String, Value> made = new HashMap<>();

    Step(GraphBuilder graph) {
        this.graph = graph;
    }

    /// One value made of others, which may be made on the way.
    private Value once(String key, Supplier<Value> maker) {
        Value known = made.get(key);
        if (known == null) {
            known = maker.get();
            made.put(key, known);
        }
        return known;
    }

    /// An input in 64 bits.
    Value longs(Value input) {
        return once("longs " + input.name(), () -> Ops.longs(graph, input));
    }

    /// Dimension `axis` of an input, [1].
    Value size(Value input, int axis) {
        return once("size " + axis + " " + input.name(), () -> Ops.size(graph, input, axis));
    }

    /// The number of sequences, a scalar.
    Value sequences(Value starts) {
        return once("sequences " + starts.name(), () -> graph.sub(graph.squeeze(size(starts, 0), 0), graph.scalar(1L)));
    }

    /// Where each token lies: [T, 2], its block and its place within it.
    Value places(Value positions, Value starts, Value table, int blockTokens) {
        return once("places " + table.name(), () -> {
            Value position = longs(positions);
            Value tokens = graph.constant(blockTokens);
            Value width = size(table, 1);
            Value column = Ops.remainder(graph, graph.div(position, tokens), width);
            Value cell = graph.add(graph.mul(rowOfToken(positions, starts), width), column);
            Value block = graph.gather(graph.reshape(longs(table), Dimension.UNKNOWN), cell, 0);
            Value within = Ops.remainder(graph, position, tokens);
            return graph.concat(1, graph.unsqueeze(block, 1), graph.unsqueeze(within, 1));
        });
    }

    /// The numbers of a table's columns, [W].
    Value columns(Value table) {
        return once("columns " + table.name(), () -> Ops.range(graph, size(table, 1), Dimension.UNKNOWN));
    }

    /// Each token's sequence, [T]: as many as end before it.
    Value rowOfToken(Value positions, Value starts) {
        return once("rows " + starts.name(), () -> {
            Dimension tokens = positions.shape().get(0);
            Value token = graph.unsqueeze(Ops.range(graph, size(positions, 0), tokens), 1);
            Value ends = graph.node(
                    "Slice",
                    List.of(longs(starts), graph.constant(1), graph.constant(Integer.MAX_VALUE), graph.constant(0)),
                    TensorType.of(ElementType.I64, "R"));
            Value ended = graph.greaterOrEqual(token, graph.unsqueeze(ends, 0));
            return graph.squeeze(graph.reduceSum(graph.cast(ended, ElementType.I64), 1), 1);
        });
    }
}
