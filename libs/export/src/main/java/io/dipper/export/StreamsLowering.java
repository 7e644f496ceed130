package io.dipper.export;

import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Streams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// What designs of several residual streams do around a layer's two branches: AltUp predicts all
/// streams and corrects them by what the layer made of one, LAuReL adds a low-rank branch, and the
/// second embedding of each layer is gated into the other streams.
///
/// The streams are one value [T, n, H]. Their arithmetic is small beside the layer's products, and
/// stock operators do it.
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
        GraphBuilder graph = operators.graph();
        Value projected = operators.linear(embedded, weights.stack("altup.project", each("project")), Value.ABSENT);
        Value others = graph.reshape(projected, embedded.shape().get(0), count - 1, hidden);
        Value first = graph.unsqueeze(embedded, 1);
        List<Value> all = new ArrayList<>(List.of(first));
        all.addAll(graph.split(sized(others, size(first, graph), graph), 1, ones(count - 1)));
        return graph.concat(1, all.toArray(Value[]::new));
    }

    /// What the second embedding gives each layer, [T, w]: a row looked up and a projection of the
    /// first embedding, halved in power.
    List<Value> perLayer(Value embedded, Value tokenIds) {
        GraphBuilder graph = operators.graph();
        int width = streams.perLayer().width();
        Dimension tokens = embedded.shape().get(0);
        Value projected = operators.linear(embedded, weights.take("per_layer.projection"), Value.ABSENT);
        Value scaled = graph.mul(projected, graph.scalar((float) (1 / Math.sqrt(hidden))));
        Value rows = graph.reshape(scaled, "T*layers", width);
        Value normed = graph.reshape(
                norms.apply("per_layer.norm", streams.perLayer().norm(), rows, operators), tokens, layers * width);
        // The second table may be shorter than the first; tokens that it lacks take its first row.
        Value looked = operators.hostRows(tokenIds, weights.takeToHost("per_layer.embedding"));
        Value grown = graph.mul(looked, graph.scalar((float) Math.sqrt(width)));
        Value joined = graph.mul(graph.add(normed, grown), graph.scalar((float) Math.sqrt(0.5)));
        long[] widths = new long[layers];
        Arrays.fill(widths, width);
        return graph.split(joined, 1, widths);
    }

    /// Parts of equal sizes: on a card the runtime joins and parts others by lists of addresses that a
    /// captured graph would not keep.
    private static long[] ones(int parts) {
        long[] ones = new long[parts];
        Arrays.fill(ones, 1);
        return ones;
    }

    /// Every stream as the layer's router mixes it from all of them, on top of itself.
    Value predicted(Value all, int layer, Operators at) {
        GraphBuilder graph = at.graph();
        Value mixing =
                at.linear(router(active(all, at), layer, at), weights.take(path(layer, "predict")), Value.ABSENT);
        Value square = graph.reshape(mixing, all.shape().get(0), count, count);
        return graph.add(graph.matMul(square, all), all);
    }

    /// The stream that the layer computes, [T, H].
    Value active(Value all, Operators at) {
        int active = streams.altUp().active();
        return at.graph().squeeze(at.graph().slice(all, 1, active, active + 1L), 1);
    }

    /// The low-rank branch and what it started from.
    Value laurel(Value normed, int layer, Operators at) {
        String path = "layers." + layer + ".laurel.";
        Value low = at.linear(normed, weights.take(path + "left"), Value.ABSENT);
        Value back = at.linear(low, weights.take(path + "right"), Value.ABSENT);
        return at.graph()
                .add(normed, norms.apply(path + "norm", streams.laurel().norm(), back, at));
    }

    /// The predicted streams, each moved by a share of what the layer's output has beyond the
    /// prediction of it; then the gated second embedding on all but the first.
    Value corrected(Value predicted, Value activated, Value perLayer, int layer, Operators at) {
        GraphBuilder graph = at.graph();
        Value innovation = graph.unsqueeze(graph.sub(activated, active(predicted, at)), 1);
        Value shares = at.linear(router(activated, layer, at), clipped(path(layer, "correct"), graph), Value.ABSENT);
        Value column = graph.unsqueeze(graph.add(shares, graph.scalar(1f)), 2);
        Value corrected = graph.add(graph.mul(innovation, column), predicted);
        Value added = graph.unsqueeze(gated(active(corrected, at), perLayer, layer, at), 1);
        List<Value> parts = new ArrayList<>(graph.split(corrected, 1, ones(count)));
        parts.replaceAll(part -> part.equals(parts.getFirst()) ? part : graph.add(part, added));
        return graph.concat(1, parts.toArray(Value[]::new));
    }

    private Value gated(Value active, Value perLayer, int layer, Operators at) {
        GraphBuilder graph = at.graph();
        Streams.PerLayerEmbedding embedding = streams.perLayer();
        Value scaled = streams.altUp().scalesCorrection()
                ? graph.mul(active, weights.take(path(layer, "output_scale")))
                : active;
        String path = "layers." + layer + ".per_layer.";
        Value gate = at.linear(scaled, weights.take(path + "gate"), Value.ABSENT);
        Value opened = graph.mul(FeedForwardLowering.activation(embedding.activation(), gate, graph), perLayer);
        Value out = at.linear(opened, weights.take(path + "out"), Value.ABSENT);
        return norms.apply(path + "out_norm", embedding.outputNorm(), out, at);
    }

    /// The mean of the streams, all but the first projected back and made as large as it is.
    Value joined(Value all) {
        GraphBuilder graph = operators.graph();
        List<Value> parts = new ArrayList<>();
        graph.split(all, 1, ones(count)).forEach(part -> parts.add(graph.squeeze(part, 1)));
        Value first = parts.getFirst();
        Value size = size(first, graph);
        Value sum = first;
        String[] names = each("unproject");
        for (int stream = 1; stream < count; stream++) {
            Value back = operators.linear(parts.get(stream), weights.take(names[stream - 1]), Value.ABSENT);
            sum = graph.add(sum, sized(back, size, graph));
        }
        return graph.mul(sum, graph.scalar(1f / count));
    }

    private static Value size(Value x, GraphBuilder graph) {
        return graph.sqrt(meanSquare(x, graph));
    }

    /// `x` scaled to the root mean square `size`.
    private static Value sized(Value x, Value size, GraphBuilder graph) {
        Value own = graph.sqrt(graph.max(meanSquare(x, graph), graph.scalar(LEAST_SQUARE)));
        return graph.div(graph.mul(x, size), own);
    }

    private static Value meanSquare(Value x, GraphBuilder graph) {
        return graph.reduceMean(graph.mul(x, x), -1);
    }

    private Value router(Value stream, int layer, Operators at) {
        GraphBuilder graph = at.graph();
        Value normed = norms.apply(path(layer, "router_norm"), streams.altUp().routerNorm(), stream, at);
        Value routed = at.linear(normed, weights.take(path(layer, "router")), Value.ABSENT);
        return graph.tanh(graph.mul(routed, graph.scalar(1f / hidden)));
    }

    private Value clipped(String path, GraphBuilder graph) {
        Value coefficients = weights.take(path);
        if (streams.altUp().coefficientClip().isEmpty()) {
            return coefficients;
        }
        float clip = (float) streams.altUp().coefficientClip().getAsDouble();
        ElementType stored = coefficients.type().element();
        Value wide = stored == ElementType.F32 ? coefficients : graph.cast(coefficients, ElementType.F32);
        Value clipped = graph.min(graph.max(wide, graph.scalar(-clip)), graph.scalar(clip));
        return stored == ElementType.F32 ? clipped : graph.cast(clipped, stored);
    }

    private String[] each(String what) {
        return IntStream.range(0, count - 1)
                .mapToObj(stream -> "altup." + what + "." + stream)
                .toArray(String[]::new);
    }

    private static String path(int layer, String what) {
        return "layers." + layer + ".altup." + what;
    }
}
