package io.dipper.export.stock;

import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// Rows of tables, and the table of rotations.
final class Tables {
    private Tables() {}

    /// An id that the table lacks takes its first row.
    static List<Value> rows(Site at) {
        GraphBuilder graph = at.graph();
        Value ids = at.step().longs(at.input(0));
        Value first = graph.scalar(0L);
        Value known =
                Ops.both(graph, graph.greaterOrEqual(ids, first), graph.less(ids, Ops.size(graph, at.input(1), 0)));
        return List.of(Ops.floats(graph, graph.gather(at.input(1), graph.where(known, ids, first), 0)));
    }

    /// Cosines and sines of position · frequency, a float32 product as in the reference.
    static List<Value> rotations(Site at) {
        GraphBuilder graph = at.graph();
        Value positions = graph.unsqueeze(graph.cast(at.input(0), ElementType.F32), 1);
        Value angles = graph.mul(positions, at.input(1));
        float factor = at.decimal("attention_factor", 1);
        return List.of(times(graph, graph.cos(angles), factor), times(graph, graph.sin(angles), factor));
    }

    private static Value times(GraphBuilder graph, Value x, float factor) {
        return factor == 1 ? x : graph.mul(x, graph.scalar(factor));
    }
}
