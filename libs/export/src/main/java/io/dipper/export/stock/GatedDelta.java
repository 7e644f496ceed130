package io.dipper.export.stock;

import io.dipper.export.stock.SequenceLoop.All;
import io.dipper.export.stock.SequenceLoop.Made;
import io.dipper.export.stock.SequenceLoop.Sequence;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// `GatedDelta`: a sequence's convolution as weighted rows, then a Scan over its tokens, which moves the heads'
/// matrices on. A state is [matrices, last inputs of the convolution], each of these [C], in the order of the
/// convolution's channels.
final class GatedDelta {
    private static final int PROJECTED = 0;
    private static final int RATES = 1;
    private static final int POOL = 2;
    private static final int POSITIONS = 3;
    private static final int STARTS = 4;
    private static final int TABLE = 5;
    private static final int CONVOLUTION = 6;
    private static final int DT_BIAS = 7;
    private static final int A_LOG = 8;
    private static final int NORM = 9;

    /// The reference's guard against a head of length 0.
    private static final float LENGTH_EPSILON = 1e-6f;

    private final Site at;
    private final GraphBuilder graph;
    private final int keyHeads;
    private final int valueHeads;
    private final int group;
    private final int keyDim;
    private final int valueDim;
    private final int kernel;
    private final Dimension tokens;

    private GatedDelta(Site at) {
        this.at = at;
        this.graph = at.graph();
        this.keyHeads = at.integer("key_heads");
        this.valueHeads = at.integer("value_heads");
        this.group = valueHeads / keyHeads;
        this.keyDim = at.integer("key_dim");
        this.valueDim = at.integer("value_dim");
        this.kernel = at.integer("kernel");
        this.tokens = at.input(PROJECTED).shape().get(0);
    }

    static List<Value> mix(Site at) {
        return List.of(new GatedDelta(at).mixed());
    }

    private long keyWidth() {
        return (long) keyHeads * keyDim;
    }

    private long valueWidth() {
        return (long) valueHeads * valueDim;
    }

    private long channels() {
        return 2 * keyWidth() + valueWidth();
    }

    /// What all tokens bring: the convolution's inputs [T, C], output gates [T, V, dv], write strengths and decays
    /// [T, V, 1, 1].
    private record Brought(Value inputs, Value gates, Value strengths, Value decays) {}

    private Value mixed() {
        Brought brought = brought();
        Value pool = at.pools().now(at.input(POOL));
        Value convolution = Ops.floats(graph, graph.reshape(at.input(CONVOLUTION), channels(), kernel));
        Value taps = graph.unsqueeze(graph.transpose(convolution, 1, 0), 1);
        var loop = new SequenceLoop(at.step(), at.input(POSITIONS), at.input(STARTS));
        All all = loop.run(graph, valueWidth(), sequence -> mixed(sequence, brought, pool, taps));
        Value blocks = graph.reshape(at.step().longs(at.input(TABLE)), "R", 1);
        at.pools().write(graph, at.input(POOL), blocks, all.states());
        return all.mixed();
    }

    private Brought brought() {
        long ofKey = 2L * keyDim + 2L * group * valueDim;
        List<Value> parts = graph.split(
                graph.reshape(at.input(PROJECTED), tokens, keyHeads, ofKey),
                2,
                keyDim,
                keyDim,
                (long) group * valueDim,
                (long) group * valueDim);
        Value inputs = graph.concat(
                1,
                graph.reshape(parts.get(0), tokens, keyWidth()),
                graph.reshape(parts.get(1), tokens, keyWidth()),
                graph.reshape(parts.get(2), tokens, valueWidth()));
        List<Value> rates = graph.split(graph.reshape(at.input(RATES), tokens, keyHeads, 2L * group), 2, group, group);
        Value steps = graph.add(graph.reshape(rates.getLast(), tokens, valueHeads), at.input(DT_BIAS));
        Value speeds = graph.neg(graph.exp(at.input(A_LOG)));
        Value decays = graph.exp(graph.mul(speeds, graph.softplus(steps)));
        return new Brought(
                inputs,
                graph.reshape(parts.get(3), tokens, valueHeads, valueDim),
                graph.reshape(graph.sigmoid(rates.getFirst()), tokens, valueHeads, 1, 1),
                graph.reshape(decays, tokens, valueHeads, 1, 1));
    }

    private Made mixed(Sequence sequence, Brought brought, Value pool, Value taps) {
        GraphBuilder body = sequence.graph();
        long matrixValues = (long) valueHeads * keyDim * valueDim;
        long pastValues = channels() * (kernel - 1);
        Value block = body.gather(at.step().longs(at.input(TABLE)), sequence.number(), 0);
        Value position = body.gather(at.step().longs(at.input(POSITIONS)), sequence.first(), 0);
        Value fresh = body.unsqueeze(body.equal(position, body.constant(0)), 1);
        Value state = body.where(fresh, body.scalar(0f), body.gather(pool, block, 0));
        List<Value> parts = body.split(state, 1, matrixValues, pastValues);
        Value past = body.reshape(parts.getLast(), kernel - 1, channels());
        Value inputs = body.concat(0, past, sequence.of(brought.inputs()));
        Value convolved = body.silu(convolved(body, inputs, taps));
        List<Value> mixed = body.split(convolved, 1, keyWidth(), keyWidth(), valueWidth());
        Value scanned = body.reshape(mixed.getLast(), Sequence.TOKENS, valueHeads, 1, valueDim);
        List<Value> after = body.node(
                "",
                "Scan",
                List.of(
                        body.reshape(parts.getFirst(), valueHeads, keyDim, valueDim),
                        unit(body, mixed.get(0), (float) (1 / Math.sqrt(keyDim))),
                        unit(body, mixed.get(1), 1),
                        scanned,
                        sequence.of(brought.strengths()),
                        sequence.of(brought.decays())),
                List.of(Attribute.of("body", turn(body)), Attribute.of("num_scan_inputs", 5)),
                List.of(
                        TensorType.of(state.element(), valueHeads, keyDim, valueDim),
                        TensorType.of(state.element(), Sequence.TOKENS, valueHeads, 1, valueDim)));
        Value answers = body.reshape(after.getLast(), Sequence.TOKENS, valueHeads, valueDim);
        Value normed = body.rmsNormalization(answers, at.input(NORM), at.decimal("norm_epsilon", 0));
        Value gated = body.mul(normed, body.silu(sequence.of(brought.gates())));
        Value last =
                Ops.rows(body, inputs, body.constant(1L - kernel), body.constant(Integer.MAX_VALUE), fixed(kernel - 1));
        Value kept = body.concat(0, body.reshape(after.getFirst(), matrixValues), body.reshape(last, pastValues));
        return new Made(body.reshape(gated, Sequence.TOKENS, valueWidth()), kept);
    }

    /// Each channel's weighted last inputs, [Q, C].
    private Value convolved(GraphBuilder body, Value inputs, Value taps) {
        Value sum = Value.ABSENT;
        for (int tap = 0; tap < kernel; tap++) {
            // So many inputs of later taps follow at the end.
            long to = tap == kernel - 1 ? Integer.MAX_VALUE : tap - (kernel - 1L);
            Value rows = Ops.rows(body, inputs, body.constant(tap), body.constant(to), Sequence.TOKENS);
            Value weighted = body.mul(rows, body.gather(taps, body.scalar((long) tap), 0));
            sum = sum.isAbsent() ? weighted : body.add(sum, weighted);
        }
        return sum;
    }

    /// Heads of this length, each as often as value heads share it: [Q, V, 1, dk].
    private Value unit(GraphBuilder body, Value heads, float length) {
        Value apart = body.reshape(heads, Sequence.TOKENS, keyHeads, 1, keyDim);
        Value square = body.reduceSum(body.mul(apart, apart), -1);
        Value root = body.sqrt(body.add(square, body.scalar(LENGTH_EPSILON)));
        Value scaled = body.mul(body.div(apart, root), body.scalar(length));
        return body.reshape(Ops.repeated(body, scaled, 2, group), Sequence.TOKENS, valueHeads, 1, keyDim);
    }

    /// One token: forget, correct towards the token's value along its key, read along its query.
    private Graph turn(GraphBuilder around) {
        GraphBuilder body = around.body("token");
        var f32 = ElementType.F32;
        Value matrices = body.input("matrices", f32, valueHeads, keyDim, valueDim);
        Value query = body.input("query", f32, valueHeads, 1, keyDim);
        Value key = body.input("key", f32, valueHeads, 1, keyDim);
        Value value = body.input("value", f32, valueHeads, 1, valueDim);
        Value strength = body.input("strength", f32, valueHeads, 1, 1);
        Value decay = body.input("decay", f32, valueHeads, 1, 1);
        Value faded = body.mul(matrices, decay);
        Value correction = body.mul(body.sub(value, body.matMul(key, faded)), strength);
        Value now = body.add(faded, body.mul(body.transpose(key, 0, 2, 1), correction));
        body.output("matrices_after", now);
        body.output("answer", body.matMul(query, now));
        return body.build();
    }

    private static Dimension fixed(long size) {
        return new Dimension.Fixed(size);
    }
}
