package io.dipper.export.stock;

import io.dipper.export.stock.SequenceLoop.Made;
import io.dipper.export.stock.SequenceLoop.Sequence;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// `LatentAttention` as its definition reads: each sequence's latents are projected to every head's keys and values.
/// Our kernels work in the latents' space instead, so the two share no order of sums.
final class LatentAttention {
    private static final int QUERY = 0;
    private static final int LATENT = 1;
    private static final int POOL = 2;
    private static final int POSITIONS = 3;
    private static final int STARTS = 4;
    private static final int TABLE = 5;
    private static final int COS = 6;
    private static final int NORM = 8;
    private static final int PROJECTION = 9;

    private final Site at;
    private final GraphBuilder graph;
    private final int heads;
    private final int plainDim;
    private final int rotaryDim;
    private final int valueDim;
    private final int latentDim;
    private final int blockTokens;
    private final Dimension tokens;

    private LatentAttention(Site at) {
        this.at = at;
        this.graph = at.graph();
        this.heads = at.integer("heads");
        this.plainDim = at.integer("plain_dim");
        this.rotaryDim = at.integer("rotary_dim");
        this.valueDim = at.integer("value_dim");
        this.latentDim = at.integer("latent_dim");
        this.blockTokens = at.integer("block_tokens");
        this.tokens = at.input(QUERY).shape().get(0);
    }

    static List<Value> attend(Site at) {
        return List.of(new LatentAttention(at).attended(), Value.ABSENT);
    }

    private Value attended() {
        Rotation rotation = Rotation.of(at, COS);
        Value scaled = graph.mul(at.input(QUERY), graph.scalar(at.decimal("scale", 1)));
        List<Value> query =
                graph.split(graph.reshape(scaled, tokens, heads, (long) plainDim + rotaryDim), 2, plainDim, rotaryDim);
        Value turned = rotation.turn(graph, query.getLast());
        Value pool = written(rotation);
        var loop = new SequenceLoop(at.step(), at.input(POSITIONS), at.input(STARTS));
        long width = (long) heads * valueDim;
        return loop.run(
                        graph,
                        width,
                        sequence -> new Made(mixed(sequence, loop, pool, query.getFirst(), turned), Value.ABSENT))
                .mixed();
    }

    private Value written(Rotation rotation) {
        List<Value> parts = graph.split(at.input(LATENT), 1, latentDim, rotaryDim);
        Value latent = graph.rmsNormalization(parts.getFirst(), at.input(NORM), at.decimal("norm_epsilon", 0));
        Value key = rotation.turn(graph, graph.unsqueeze(parts.getLast(), 1));
        Value rows = graph.concat(1, latent, graph.reshape(key, tokens, rotaryDim));
        Value pool = at.pools().now(at.input(POOL));
        Value rounded = rows.element() == pool.element() ? rows : graph.cast(rows, pool.element());
        Value places = at.step().places(at.input(POSITIONS), at.input(STARTS), at.input(TABLE), blockTokens);
        return at.pools().write(graph, at.input(POOL), places, rounded);
    }

    private Value mixed(Sequence sequence, SequenceLoop loop, Value pool, Value plain, Value turned) {
        GraphBuilder body = sequence.graph();
        Context context = Context.of(sequence, loop, pool, at.input(TABLE), blockTokens, Context.Span.FULL);
        List<Value> parts = context.columns(body, latentDim, rotaryDim);
        Value projected = Products.of(body, parts.getFirst(), at.input(PROJECTION), Value.ABSENT);
        List<Value> ofHeads = body.split(
                body.reshape(projected, Context.SLOTS, heads, (long) plainDim + valueDim), 2, plainDim, valueDim);
        Value plainScores =
                body.matMul(body.transpose(sequence.of(plain), 1, 0, 2), body.transpose(ofHeads.getFirst(), 1, 2, 0));
        Value rotaryKeys = body.unsqueeze(body.transpose(parts.getLast(), 1, 0), 0);
        Value rotaryScores = body.matMul(body.transpose(sequence.of(turned), 1, 0, 2), rotaryKeys);
        Value weights = context.weights(body, body.add(plainScores, rotaryScores), 0, Value.ABSENT);
        Value mixed = body.matMul(weights, body.transpose(ofHeads.getLast(), 1, 0, 2));
        return body.reshape(body.transpose(mixed, 1, 0, 2), Sequence.TOKENS, (long) heads * valueDim);
    }
}
