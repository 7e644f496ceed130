package io.dipper.export;

import io.dipper.export.Operators.Attended;
import io.dipper.export.Operators.Rotation;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.Scoring.Temperature;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Grouped attention as projections around one paged operator, which also normalises, rotates and
/// keeps keys.
final class AttentionLowering {
    private final WeightLayout weights;
    private final Norms norms;
    private final StepInputs inputs;
    private final KvPlan cache;
    private final Rotations rotations;
    private final int blockTokens;

    /// By layer, the value that says that its pool is written.
    private final Map<Integer, Value> written = new HashMap<>();

    AttentionLowering(
            WeightLayout weights, Norms norms, StepInputs inputs, KvPlan cache, Rotations rotations, int blockTokens) {
        this.weights = weights;
        this.norms = norms;
        this.inputs = inputs;
        this.cache = cache;
        this.rotations = rotations;
        this.blockTokens = blockTokens;
    }

    Value lower(Attention attention, int layer, Value x, Operators at) {
        String path = "layers." + layer + ".attn.";
        Gated gated = gated(attention, projection(path + "q", x, at), at);
        Value key = projection(path + "k", x, at);
        Value value = projection(path + "v", x, at);
        if (attention.qkNorm() instanceof QkNorm.PerHead perHead
                && perHead.value().isPresent()) {
            value = normedHeads(path + "v_norm", perHead.value().get(), value, at);
        }
        return attend(attention, layer, layer, new Projected(gated.query(), key, value, gated.gate()), at);
    }

    /// Queries over the keys and values that an earlier layer keeps.
    Value shared(SharedAttention shared, int layer, Value x, Operators at) {
        Gated gated = gated(shared.attention(), projection("layers." + layer + ".attn.q", x, at), at);
        Projected projected = new Projected(gated.query(), Value.ABSENT, Value.ABSENT, gated.gate());
        return attend(shared.attention(), layer, shared.sourceLayer(), projected, at);
    }

    private record Projected(Value query, Value key, Value value, Value gate) {}

    private record Gated(Value query, Value gate) {}

    /// Where the output is gated, each head's gate lies behind its query.
    private static Gated gated(Attention attention, Value projected, Operators at) {
        return switch (attention.gate()) {
            case NONE -> new Gated(projected, Value.ABSENT);
            case SIGMOID_BESIDE_QUERY -> {
                var graph = at.graph();
                Dimension tokens = projected.shape().get(0);
                List<Value> halves = graph.split(
                        graph.reshape(projected, "T*heads", 2 * attention.headDim()),
                        1,
                        attention.headDim(),
                        attention.headDim());
                Value query = graph.reshape(halves.getFirst(), tokens, attention.queryWidth());
                Value gate = graph.reshape(halves.getLast(), tokens, attention.queryWidth());
                yield new Gated(query, graph.sigmoid(gate));
            }
        };
    }

    private Value attend(Attention attention, int layer, int source, Projected projected, Operators at) {
        String path = "layers." + layer + ".attn.";
        Value query = projected.query();
        Value key = projected.key();
        Value queryNorm = Value.ABSENT;
        Value keyNorm = Value.ABSENT;
        double normEpsilon = 0;
        switch (attention.qkNorm()) {
            case QkNorm.None _ -> {}
            case QkNorm.PerHead perHead -> {
                Norm.Rms rms = rms(perHead.query());
                queryNorm = norms.weight(path + "q_norm", rms);
                keyNorm = key.isAbsent() ? Value.ABSENT : norms.weight(path + "k_norm", rms(perHead.key()));
                normEpsilon = rms.epsilon();
            }
            case QkNorm.WholeProjection(Norm ofQuery, Norm ofKey) -> {
                query = norms.apply(path + "q_norm", ofQuery, query, at);
                key = key.isAbsent() ? key : norms.apply(path + "k_norm", ofKey, key, at);
            }
        }
        if (attention.scoring().temperature().isPresent()
                && attention.scoring().temperature().get() instanceof Temperature.Floors floors) {
            query = at.graph().mul(query, rotations.of(floors));
        }
        Rotation rotation = rotations.of(attention.positions());
        List<Value> values = new ArrayList<>(List.of(
                query,
                key,
                projected.value(),
                inputs.pools().get(source),
                inputs.positions(),
                inputs.seqStarts(),
                inputs.blockTables().get(cache.layer(source).group()),
                rotation.cos(),
                rotation.sin(),
                queryNorm,
                keyNorm,
                written.getOrDefault(source, Value.ABSENT),
                attention.scoring().sinks() == Scoring.Sinks.LEARNED_PER_HEAD
                        ? weights.take(path + "sinks")
                        : Value.ABSENT));
        while (values.getLast().isAbsent()) {
            values.removeLast();
        }
        Attended attended = at.pagedAttention(values, attributes(attention, normEpsilon), attention.queryWidth());
        written.putIfAbsent(source, attended.written());
        Value mixed =
                projected.gate().isAbsent() ? attended.mixed() : at.graph().mul(attended.mixed(), projected.gate());
        return projection(path + "o", mixed, at);
    }

    private Value normedHeads(String path, Norm norm, Value x, Operators at) {
        Value heads = at.graph().reshape(x, "T*heads", norm.width());
        return at.graph()
                .reshape(
                        norms.apply(path, norm, heads, at),
                        x.type().shape().dimensions().toArray());
    }

    private Value projection(String path, Value x, Operators at) {
        return at.linear(x, weights.take(path), weights.takeIfThere(path + ".bias"));
    }

    private static Norm.Rms rms(Norm norm) {
        return switch (norm) {
            case Norm.Rms rms -> rms;
            case Norm.Layer _ -> throw new IllegalStateException("head norms of this kind are not supported");
        };
    }

    private List<Attribute> attributes(Attention attention, double normEpsilon) {
        int window = attention.span() instanceof Span.Window(int tokens) ? tokens : 0;
        int chunk = attention.span() instanceof Span.Chunk(int tokens) ? tokens : 0;
        List<Attribute> attributes = new ArrayList<>(List.of(
                Attribute.of("heads", attention.heads()),
                Attribute.of("kv_heads", attention.kvHeads()),
                Attribute.of("head_dim", attention.headDim()),
                Attribute.of("value_dim", attention.headDim()),
                Attribute.of("scale", (float) attention.scoring().scale()),
                Attribute.of("window", window),
                Attribute.of("chunk", chunk),
                Attribute.of("softcap", (float) attention.scoring().softcap().orElse(0)),
                Attribute.of("qk_norm_epsilon", (float) normEpsilon),
                Attribute.of("block_tokens", blockTokens)));
        switch (attention.positions()) {
            case Positions.None _ -> attributes.add(Attribute.of("rotary_dim", 0));
            case Rope rope -> {
                attributes.add(Attribute.of("rotary_dim", rope.rotaryDim()));
                attributes.add(Rotations.pairing(rope));
            }
        }
        return attributes;
    }
}
