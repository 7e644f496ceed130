package io.dipper.export.stock;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// `Experts`: those that anyone chose, one after another, each over the tokens that chose it. Of the matrices only
/// theirs are read.
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
    private final long experts;
    private final Value gateUp;
    private final Value gateUpBias;
    private final Value down;
    private final Value downBias;

    private Experts(Site at) {
        this.at = at;
        this.graph = at.graph();
        this.tokens = at.input(X).shape().get(0);
        this.hidden = ((Dimension.Fixed) at.input(X).shape().get(1)).size();
        this.experts = ((Dimension.Fixed) at.input(DOWN).shape().get(0)).size() / hidden;
        this.gateUp = apart(GATE_UP);
        this.gateUpBias = apart(GATE_UP_BIAS);
        this.down = apart(DOWN);
        this.downBias = apart(DOWN_BIAS);
    }

    static List<Value> apply(Site at) {
        return List.of(new Experts(at).applied());
    }

    private Value applied() {
        Value chosen = graph.cast(at.input(CHOSEN), ElementType.I64);
        Value asked = asked(chosen);
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

    /// The numbers of those that anyone chose, rising. `Unique` would say the same, but runs on processors only.
    private Value asked(Value chosen) {
        Value number = graph.constant(LongStream.range(0, experts).toArray());
        Value pairs = graph.reshape(chosen, Dimension.UNKNOWN, 1);
        Value same = graph.cast(graph.equal(pairs, number), ElementType.F32);
        Value any = graph.squeeze(Ops.reduceMax(graph, same, 0), 0);
        return Ops.indices(graph, any, Dimension.UNKNOWN);
    }

    private Value withExpert(GraphBuilder body, Value expert, Value chosen, Value soFar) {
        Value is = body.equal(chosen, expert);
        Value weightOfAll = body.reduceSum(body.where(is, at.input(WEIGHTS), body.scalar(0f)), 1);
        Value count = body.squeeze(body.reduceSum(body.cast(is, ElementType.I64), 1), 1);
        Value theirs = Ops.indices(body, count, new Dimension.Symbol("N"));
        Value weights = body.gather(weightOfAll, theirs, 0);
        Value rows = body.gather(at.input(X), theirs, 0);
        boolean weighsInput = at.integer("weighs_input") == 1;
        Value given = weighsInput ? body.mul(rows, weights) : rows;
        Value both = product(body, given, expert, gateUp, gateUpBias);
        Value made = product(body, Gates.join(at, body, both), expert, down, downBias);
        Value weighed = weighsInput ? made : body.mul(made, weights);
        Value sums = body.add(body.gather(soFar, theirs, 0), weighed);
        return Ops.scatter(body, soFar, body.unsqueeze(theirs, 1), sums);
    }

    /// The expert's part of all experts' rows, times x.
    private static Value product(GraphBuilder body, Value x, Value expert, Value matrices, Value biases) {
        Value bias = biases.isAbsent() ? biases : body.gather(biases, expert, 0);
        return Products.of(body, x, body.gather(matrices, expert, 0), bias);
    }

    /// What lies one expert after another, [E · rows, …], as [E, rows, …].
    private Value apart(int input) {
        if (!at.has(input)) {
            return Value.ABSENT;
        }
        List<Dimension> dimensions = new ArrayList<>(at.input(input).shape().dimensions());
        long rows = ((Dimension.Fixed) dimensions.removeFirst()).size() / experts;
        dimensions.addFirst(new Dimension.Fixed(rows));
        dimensions.addFirst(new Dimension.Fixed(experts));
        return graph.reshape(at.input(input), dimensions.toArray());
    }
}
