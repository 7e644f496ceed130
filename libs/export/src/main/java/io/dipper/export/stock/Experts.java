package io.dipper.export.stock;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// `Experts`: those that anyone chose, one after another, each over the tokens that chose it. Of the matrices only
/// theirs
/// are read.
final class Experts {
    private static final int X = 0;
    private static final int CHOSEN = 1;
    private static final int WEIGHTS = 2;
    private static final int GATE_UP = 3;
    private static final int DOWN = 4;
    private static final int GATE_UP_BIAS = 5;
    private static final int DOWN_BIAS = 6;

    private final Site at;
    private final GraphBuilder graph;
    private final Dimension tokens;
    private final long hidden;
    private final long inner;

    private Experts(Site at) {
        this.at = at;
        this.graph = at.graph();
        this.tokens = at.input(X).shape().get(0);
        this.hidden = ((Dimension.Fixed) at.input(X).shape().get(1)).size();
        this.inner = ((Dimension.Fixed) at.input(DOWN).shape().get(1)).size();
    }

    static List<Value> apply(Site at) {
        return List.of(new Experts(at).applied());
    }

    private Value applied() {
        Value chosen = graph.cast(at.input(CHOSEN), ElementType.I64);
        Value asked = graph.node(
                "Unique",
                List.of(chosen),
                TensorType.of(ElementType.I64, Dimension.UNKNOWN),
                Attribute.of("sorted", 1));
        GraphBuilder body = graph.body("expert");
        Value number = body.input("number", ElementType.I64);
        Value more = body.input("more", ElementType.BOOL);
        Value soFar = body.input("so_far", ElementType.F32, tokens, hidden);
        body.output("more_to_come", more);
        body.output("sum", withExpert(body, body.gather(asked, number, 0), chosen, soFar));
        Value nothing = Ops.zeros(graph, Ops.size(graph, at.input(X), 0), tokens, hidden);
        return graph.node(
                        "",
                        "Loop",
                        List.of(graph.squeeze(Ops.size(graph, asked, 0), 0), Value.ABSENT, nothing),
                        List.of(Attribute.of("body", body.build())),
                        List.of(soFar.type()))
                .getFirst();
    }

    private Value withExpert(GraphBuilder body, Value expert, Value chosen, Value soFar) {
        Value is = body.equal(chosen, expert);
        Value weightOfAll = body.reduceSum(body.where(is, at.input(WEIGHTS), body.scalar(0f)), 1);
        Value count = body.squeeze(body.reduceSum(body.cast(is, ElementType.I64), 1), 1);
        Dimension some = new Dimension.Symbol("N");
        Value theirs = body.squeeze(body.node("NonZero", List.of(count), TensorType.of(ElementType.I64, 1, some)), 0);
        Value weights = body.gather(weightOfAll, theirs, 0);
        Value rows = body.gather(at.input(X), theirs, 0);
        boolean weighsInput = at.integer("weighs_input") == 1;
        Value given = weighsInput ? body.mul(rows, weights) : rows;
        Value both = product(body, given, expert, 2 * inner, GATE_UP, GATE_UP_BIAS);
        Value made = product(body, Gates.join(at, body, both), expert, hidden, DOWN, DOWN_BIAS);
        Value weighed = weighsInput ? made : body.mul(made, weights);
        Value sums = body.add(body.gather(soFar, theirs, 0), weighed);
        return Ops.scatter(body, soFar, body.unsqueeze(theirs, 1), sums);
    }

    /// The expert's part of all experts' rows, times x.
    private Value product(GraphBuilder body, Value x, Value expert, long rows, int matrices, int biases) {
        Value from = body.unsqueeze(body.mul(expert, body.scalar(rows)), 0);
        Value to = body.add(from, body.constant(rows));
        Dimension count = new Dimension.Fixed(rows);
        Value matrix = Ops.rows(body, at.input(matrices), from, to, count);
        Value bias = at.has(biases) ? Ops.rows(body, at.input(biases), from, to, count) : Value.ABSENT;
        return Products.of(body, x, matrix, bias);
    }
}
