package io.dipper.export.stock;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Shape;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// Nodes whose sizes are known only when they run.
final class Ops {
    private Ops() {}

    static Value longs(GraphBuilder graph, Value x) {
        return x.element() == ElementType.I64 ? x : graph.cast(x, ElementType.I64);
    }

    static Value floats(GraphBuilder graph, Value x) {
        return x.element() == ElementType.F32 ? x : graph.cast(x, ElementType.F32);
    }

    /// Dimension `axis` of a value, [1].
    static Value size(GraphBuilder graph, Value x, int axis) {
        return graph.node(
                "Shape",
                List.of(x),
                TensorType.of(ElementType.I64, 1),
                Attribute.of("start", axis),
                Attribute.of("end", axis + 1L));
    }

    /// 0 to `count` - 1.
    ///
    /// @param count [1]
    static Value range(GraphBuilder graph, Value count, Dimension size) {
        return graph.node(
                "Range",
                List.of(graph.scalar(0L), graph.squeeze(count, 0), graph.scalar(1L)),
                TensorType.of(ElementType.I64, size));
    }

    /// Rows `from` to `to` - 1.
    ///
    /// @param from [1]
    /// @param to [1]
    static Value rows(GraphBuilder graph, Value x, Value from, Value to, Dimension count) {
        return graph.node(
                "Slice",
                List.of(x, from, to, graph.constant(0)),
                x.type().withShape(x.shape().with(0, count)));
    }

    /// The indices at which a condition holds, rising. How many there are is the only value of a card that its kernels
    /// wait for before the host reads it: bounds of slices and lengths of loops are made of shapes and of this.
    ///
    /// @param holds [n], numbers other than 0 or truths
    static Value indices(GraphBuilder graph, Value holds, Dimension count) {
        return graph.squeeze(graph.node("NonZero", List.of(holds), TensorType.of(ElementType.I64, 1, count)), 0);
    }

    /// The remainder of numbers from 0.
    static Value remainder(GraphBuilder graph, Value x, Value divisor) {
        return graph.sub(x, graph.mul(graph.div(x, divisor), divisor));
    }

    static Value both(GraphBuilder graph, Value a, Value b) {
        return graph.node("And", List.of(a, b), a.type());
    }

    static Value reduceMax(GraphBuilder graph, Value x, int axis) {
        return graph.node(
                "ReduceMax",
                List.of(x, graph.constant(axis)),
                x.type().withShape(x.shape().with(axis, new Dimension.Fixed(1))),
                Attribute.of("keepdims", 1));
    }

    /// `data` with the rows at these places replaced.
    static Value scatter(GraphBuilder graph, Value data, Value at, Value rows) {
        return graph.node("ScatterND", List.of(data, at, rows), data.type());
    }

    /// Zeros [rows, width].
    ///
    /// @param rows [1]
    static Value zeros(GraphBuilder graph, Value rows, Dimension count, long width) {
        Value shape = graph.concat(0, rows, graph.constant(width));
        return graph.node("ConstantOfShape", List.of(shape), TensorType.of(ElementType.F32, count, width));
    }

    /// `x` with a dimension of 1 repeated.
    static Value repeated(GraphBuilder graph, Value x, int axis, long times) {
        long[] shape = new long[x.shape().rank()];
        java.util.Arrays.fill(shape, 1);
        shape[x.shape().index(axis)] = times;
        Shape wide = x.shape().with(axis, new Dimension.Fixed(times));
        return graph.node("Expand", List.of(x, graph.constant(shape)), x.type().withShape(wide));
    }
}
