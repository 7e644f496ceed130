package io.dipper.export.stock;

import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// Turns the leading values of every head by the angles of its token.
///
/// @param cos [T, dims / 2]
/// @param sin the like
/// @param interleaved pairs lie side by side, else half of `dims` apart
record Rotation(Value cos, Value sin, int dims, boolean interleaved) {
    static Rotation of(Site at, int cos) {
        boolean interleaved = at.text("rope_pairing", "half").equals("interleaved");
        return new Rotation(at.input(cos), at.input(cos + 1), at.integer("rotary_dim"), interleaved);
    }

    /// @param heads [T, H, d]
    Value turn(GraphBuilder graph, Value heads) {
        if (dims == 0) {
            return heads;
        }
        long width = ((Dimension.Fixed) heads.shape().get(2)).size();
        if (width == dims) {
            return turned(graph, heads);
        }
        List<Value> parts = graph.split(heads, 2, dims, width - dims);
        return graph.concat(2, turned(graph, parts.getFirst()), parts.getLast());
    }

    private Value turned(GraphBuilder graph, Value heads) {
        Dimension tokens = heads.shape().get(0);
        Dimension count = heads.shape().get(1);
        int half = dims / 2;
        if (!interleaved) {
            List<Value> halves = graph.split(heads, 2, half, half);
            List<Value> pair = pair(graph, halves.getFirst(), halves.getLast());
            return graph.concat(2, pair.getFirst(), pair.getLast());
        }
        List<Value> sides = graph.split(graph.reshape(heads, tokens, count, half, 2), 3, 1, 1);
        List<Value> pair = pair(graph, graph.squeeze(sides.getFirst(), 3), graph.squeeze(sides.getLast(), 3));
        Value both = graph.concat(3, graph.unsqueeze(pair.getFirst(), 3), graph.unsqueeze(pair.getLast(), 3));
        return graph.reshape(both, tokens, count, dims);
    }

    private List<Value> pair(GraphBuilder graph, Value a, Value b) {
        Value c = graph.unsqueeze(cos, 1);
        Value s = graph.unsqueeze(sin, 1);
        return List.of(graph.sub(graph.mul(a, c), graph.mul(b, s)), graph.add(graph.mul(b, c), graph.mul(a, s)));
    }
}
