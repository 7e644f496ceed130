package io.dipper.export.stock;

import io.dipper.export.stock.SequenceLoop.Made;
import io.dipper.export.stock.SequenceLoop.Sequence;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// `PagedAttention`: keys and values are scattered into the pool, then each sequence's are gathered again, whole, and
/// meet its queries in two products.
final class GroupedAttention {
    private static final int QUERY = 0;
    private static final int KEY = 1;
    private static final int VALUE = 2;
    private static final int POOL = 3;
    private static final int POSITIONS = 4;
    private static final int STARTS = 5;
    private static final int TABLE = 6;
    private static final int COS = 7;
    private static final int QUERY_NORM = 9;
    private static final int KEY_NORM = 10;
    private static final int SINKS = 12;

    private final Site at;
    private final GraphBuilder graph;
    private final int heads;
    private final int kvHeads;
    private final int keyDim;
    private final int valueDim;
    private final int blockTokens;
    private final Dimension tokens;

    private GroupedAttention(Site at) {
        this.at = at;
        this.graph = at.graph();
        this.heads = at.integer("heads");
        this.kvHeads = at.integer("kv_heads");
        this.keyDim = at.integer("head_dim");
        this.valueDim = at.integer("value_dim");
        this.blockTokens = at.integer("block_tokens");
        this.tokens = at.input(QUERY).shape().get(0);
    }

    static List<Value> attend(Site at) {
        return List.of(new GroupedAttention(at).attended(), Value.ABSENT);
    }

    private Value attended() {
        Value query = graph.mul(prepared(QUERY, heads, QUERY_NORM), graph.scalar(at.decimal("scale", 1)));
        Value pool = at.has(KEY) ? written() : at.pools().now(at.input(POOL));
        // Heads that share a key-value head are one axis, so that the products repeat no key.
        Value grouped = graph.reshape(query, tokens, kvHeads, heads / kvHeads, keyDim);
        Value sinks = at.has(SINKS) ? graph.reshape(at.input(SINKS), kvHeads, heads / kvHeads, 1, 1) : Value.ABSENT;
        var loop = new SequenceLoop(at.step(), at.input(POSITIONS), at.input(STARTS));
        long width = (long) heads * valueDim;
        return loop.run(graph, width, sequence -> new Made(mixed(sequence, loop, pool, grouped, sinks), Value.ABSENT))
                .mixed();
    }

    private Value mixed(Sequence sequence, SequenceLoop loop, Value pool, Value grouped, Value sinks) {
        GraphBuilder body = sequence.graph();
        var span = new Context.Span(at.integer("window"), at.integer("chunk"));
        Context context = Context.of(sequence, loop, pool, at.input(TABLE), blockTokens, span);
        List<Value> parts = context.columns(body, (long) kvHeads * keyDim, (long) kvHeads * valueDim);
        Value keys = body.transpose(body.reshape(parts.get(0), Context.SLOTS, kvHeads, 1, keyDim), 1, 2, 3, 0);
        Value values = body.transpose(body.reshape(parts.get(1), Context.SLOTS, kvHeads, 1, valueDim), 1, 2, 0, 3);
        Value queries = body.transpose(sequence.of(grouped), 1, 2, 0, 3);
        Value weights = context.weights(body, body.matMul(queries, keys), at.decimal("softcap", 0), sinks);
        Value mixed = body.transpose(body.matMul(weights, values), 2, 0, 1, 3);
        return body.reshape(mixed, Sequence.TOKENS, (long) heads * valueDim);
    }

    /// The pool with the step's keys and values.
    private Value written() {
        Value keys = graph.reshape(prepared(KEY, kvHeads, KEY_NORM), tokens, (long) kvHeads * keyDim);
        Value rows = graph.concat(1, keys, at.input(VALUE));
        Value pool = at.pools().now(at.input(POOL));
        Value rounded = rows.element() == pool.element() ? rows : graph.cast(rows, pool.element());
        Value places = at.step().places(at.input(POSITIONS), at.input(STARTS), at.input(TABLE), blockTokens);
        return at.pools().write(graph, at.input(POOL), places, rounded);
    }

    /// Heads normed and turned, [T, count, d].
    private Value prepared(int input, int count, int norm) {
        Value split = graph.reshape(at.input(input), tokens, count, keyDim);
        Value normed =
                at.has(norm) ? graph.rmsNormalization(split, at.input(norm), at.decimal("qk_norm_epsilon", 0)) : split;
        return Rotation.of(at, COS).turn(graph, normed);
    }
}
