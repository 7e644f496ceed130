package io.dipper.export;

import io.dipper.export.Operators.Streamed;
import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Streams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// What designs of several residual streams do around a layer's two branches: AltUp predicts all
/// streams and corrects them by what the layer made of one, LAuReL adds a low-rank branch, and the
/// second embedding of each layer is gated into the other streams.
///
/// The streams are one value [T, n, H]. Around products they go through few operators of ours, for as stock ones their
/// arithmetic is some hundred small nodes, which on a card take longer than what they compute.
final class StreamsLowering {
    /// Below this mean square a projected stream is not scaled up any further.
    private static final float LEAST_SQUARE = 1e-5f;

    private final Streams streams;
    private final int count;
    private final int hidden;
    private final int layers;
    private final WeightLayout weights;
    private final Norms norms;
    private final Operators operators;

    StreamsLowering(Streams streams, Model model, WeightLayout weights, Norms norms, Operators operators) {
        this.streams = streams;
        this.count = streams.altUp().inputs();
        this.hidden = model.hidden();
        this.layers = model.blocks().size();
        this.weights = weights;
        this.norms = norms;
        this.operators = operators;
    }

    /// The embedding as the first stream, projections of it, as large as it is, as the others.
    Value spread(Value embedded) {
        Value projected = operators.linear(embedded, weights.stack("altup.project", each("project")), Value.ABSENT);
        return operators.altUpSpread(embedded, projected, count, LEAST_SQUARE);
    }

    /// What the second embedding gives the layers, [T, layers · w]: a row looked up and a projection of
    /// the first embedding, halved in power.
    Value perLayer(Value embedded, Value tokenIds) {
        GraphBuilder graph = operators.graph();
        int width = streams.perLayer().width();
        Dimension tokens = embedded.shape().get(0);
        Value projected = operators.linear(embedded, weights.take("per_layer.projection"), Value.ABSENT);
        Value scaled = graph.mul(projected, graph.scalar((float) (1 / Math.sqrt(hidden))));
        Value rows = graph.reshape(scaled, "T*layers", width);
        Value normed = norms.apply("per_layer.norm", streams.perLayer().norm(), rows, operators);
        // The second table may be shorter than the first; tokens that it lacks take its first row.
        Value looked = operators.hostRows(tokenIds, weights.takeToHost("per_layer.embedding"));
        Value grown = graph.mul(graph.reshape(looked, "T*layers", width), graph.scalar((float) Math.sqrt(width)));
        Value joined = graph.mul(graph.add(normed, grown), graph.scalar((float) Math.sqrt(0.5)));
        return graph.reshape(joined, tokens, layers * width);
    }

    /// The streams before a layer, and the one that it computes.
    ///
    /// @param beside what the layer before gated in, which all streams but the first are still to get, or
    ///     [Value#ABSENT]
    Streamed predicted(Value all, Value beside, int layer, Operators at) {
        Value norm = beside.isAbsent() ? Value.ABSENT : weight(path(layer - 1, "per_layer.out_norm"), outputNorm());
        Norm.Rms routerNorm = rms(streams.altUp().routerNorm());
        return at.altUpPredict(
                List.of(
                        all,
                        beside,
                        norm,
                        weight(path(layer, "altup.router_norm"), routerNorm),
                        weights.take(path(layer, "altup.router")),
                        weights.take(path(layer, "altup.predict"))),
                List.of(active(), Attribute.of("epsilon", (float) routerNorm.epsilon())));
    }

    /// What the low-rank branch makes of a layer's normed input, before a norm of its own.
    Value lowRank(Value normed, int layer, Operators at) {
        Value low = at.linear(normed, weights.take(path(layer, "laurel.left")), Value.ABSENT);
        return at.linear(low, weights.take(path(layer, "laurel.right")), Value.ABSENT);
    }

    /// The layer's row behind its mixer and the low-rank branch.
    Value joined(Value x, Value attended, Value lowRank, BlockNorms.Sandwich around, int layer, Operators at) {
        Norm.Rms before = rms(around.beforeMixer());
        return at.laurelJoin(
                List.of(
                        x,
                        weight(path(layer, "before_mixer"), before),
                        attended,
                        weight(path(layer, "after_mixer"), around.afterMixer()),
                        lowRank,
                        weight(path(layer, "laurel.norm"), streams.laurel().norm())),
                before.epsilon());
    }

    /// The streams after a layer that made `mixed` and the norm of `fed`, and the row that its second embedding
    /// gates.
    Streamed corrected(Value predicted, Value mixed, Value fed, BlockNorms.Sandwich around, int layer, Operators at) {
        Norm.Rms after = rms(around.afterFeedForward());
        List<Value> inputs = new ArrayList<>(List.of(
                predicted,
                mixed,
                fed,
                weight(path(layer, "after_mlp"), after),
                weight(path(layer, "altup.router_norm"), streams.altUp().routerNorm()),
                weights.take(path(layer, "altup.router")),
                weights.take(path(layer, "altup.correct"))));
        if (streams.altUp().scalesCorrection()) {
            inputs.add(weights.take(path(layer, "altup.output_scale")));
        }
        List<Attribute> attributes =
                new ArrayList<>(List.of(active(), Attribute.of("epsilon", (float) after.epsilon())));
        streams.altUp().coefficientClip().ifPresent(clip -> attributes.add(Attribute.of("clip", (float) clip)));
        return at.altUpCorrect(inputs, attributes);
    }

    /// The second embedding of a layer as the row of it lets through, before a norm of its own.
    Value gated(Value row, Value perLayer, int layer, Operators at) {
        Value gate = at.linear(row, weights.take(path(layer, "per_layer.gate")), Value.ABSENT);
        Attribute activation = FeedForwardLowering.activation(streams.perLayer().activation());
        Value opened = at.perLayerGate(gate, perLayer, layer, activation);
        return at.linear(opened, weights.take(path(layer, "per_layer.out")), Value.ABSENT);
    }

    /// The mean of the streams behind the last layer, all but the first projected back and made as large as it is.
    ///
    /// @param all [L, n, H]
    /// @param beside what the last layer gated in, [L, H]
    Value mean(Value all, Value beside) {
        GraphBuilder graph = operators.graph();
        Value added = norms.apply(path(layers - 1, "per_layer.out_norm"), outputNorm(), beside, operators);
        List<Value> parts = new ArrayList<>(graph.split(all, 1, ones(count)));
        parts.replaceAll(part -> graph.squeeze(part, 1));
        String[] names = each("unproject");
        for (int stream = 1; stream < count; stream++) {
            Value whole = graph.add(parts.get(stream), added);
            parts.set(stream, operators.linear(whole, weights.take(names[stream - 1]), Value.ABSENT));
        }
        return operators.altUpMean(parts, LEAST_SQUARE);
    }

    /// Parts of equal sizes: on a card the runtime joins and parts others by lists of addresses that a
    /// captured graph would not keep.
    private static long[] ones(int parts) {
        long[] ones = new long[parts];
        Arrays.fill(ones, 1);
        return ones;
    }

    private Attribute active() {
        return Attribute.of("active", streams.altUp().active());
    }

    private Norm outputNorm() {
        return streams.perLayer().outputNorm();
    }

    private Value weight(String path, Norm norm) {
        return norms.weight(path, rms(norm));
    }

    private static Norm.Rms rms(Norm norm) {
        return switch (norm) {
            case Norm.Rms rms -> rms;
            case Norm.Layer _ -> throw new IllegalStateException("a norm that Support should have named");
        };
    }

    private String[] each(String what) {
        return IntStream.range(0, count - 1)
                .mapToObj(stream -> "altup." + what + "." + stream)
                .toArray(String[]::new);
    }

    private static String path(int layer, String what) {
        return "layers." + layer + "." + what;
    }
}
