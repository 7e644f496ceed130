package io.dipper.export;

import io.dipper.onnxgraph.Attribute;
import io.dipper.onnxgraph.Dimension;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Shape;
import io.dipper.onnxgraph.TensorType;
import io.dipper.onnxgraph.Value;
import java.util.List;

/// Dipper's own operators as methods that work out the type of what they make.
final class Operators {
    static final String DOMAIN = "io.dipper";
    static final int VERSION = 1;

    private final GraphBuilder graph;
    private final Target target;

    Operators(GraphBuilder graph, Target target) {
        this.graph = graph;
        this.target = target;
    }

    /// A builder of the same graph whose nodes are named after `scope`.
    Operators scope(String scope) {
        return new Operators(graph.scope(scope), target);
    }

    GraphBuilder graph() {
        return graph;
    }

    /// `x · weightᵀ + bias`; the bias may be absent. Weights that stay exact where others are rounded are
    /// few and small: their product is the runtime's own.
    Value linear(Value x, Value weight, Value bias) {
        if (weight.type().element() != target.weights()) {
            return graph.gemmTransposed(x, weight, bias);
        }
        TensorType type = x.type().withShape(x.shape().with(1, weight.shape().get(0)));
        List<Value> inputs = bias.isAbsent() ? List.of(x, weight) : List.of(x, weight, bias);
        return one("Linear", inputs, type);
    }

    Value rmsNorm(Value x, Value weight, double epsilon) {
        return one("RmsNorm", List.of(x, weight), x.type(), Attribute.of("epsilon", (float) epsilon));
    }

    record Normed(Value normed, Value sum) {}

    /// The sum, and its norm, in one pass over memory.
    Normed addRmsNorm(Value x, Value residual, Value weight, double epsilon) {
        List<Value> made = graph.node(
                DOMAIN,
                "AddRmsNorm",
                List.of(x, residual, weight),
                List.of(Attribute.of("epsilon", (float) epsilon)),
                List.of(x.type(), x.type()));
        return new Normed(made.getFirst(), made.getLast());
    }

    /// Rows of a table that stays in the host's memory, as float32; an id without a row takes the first.
    Value hostRows(Value ids, Value table) {
        Dimension tokens = ids.shape().get(0);
        TensorType type = TensorType.of(ElementType.F32, tokens, table.shape().get(1));
        return one("HostRows", List.of(ids, table), type);
    }

    /// `activation(gate) · up`, where `gateAndUp` has the gate's columns, then those of up.
    Value gatedActivation(Value gateAndUp, int width, List<Attribute> gate) {
        TensorType type = gateAndUp.type().withShape(gateAndUp.shape().with(1, new Dimension.Fixed(width)));
        return one("GatedActivation", List.of(gateAndUp), type, gate.toArray(Attribute[]::new));
    }

    /// All residual streams of a token, and one row of it.
    record Streamed(Value all, Value row) {}

    /// The streams before the first layer: `first` [T, H], and the others, projected [T, (n − 1) · H], made as large.
    Value altUpSpread(Value first, Value projected, int streams, float leastSquare) {
        TensorType all = first.type()
                .withShape(Shape.of(first.shape().get(0), streams, first.shape().get(1)));
        return one("AltUpSpread", List.of(first, projected), all, Attribute.of("least_square", leastSquare));
    }

    /// The mean of streams behind the last layer, all but the first made as large as that.
    Value altUpMean(List<Value> streams, float leastSquare) {
        return one("AltUpMean", streams, streams.getFirst().type(), Attribute.of("least_square", leastSquare));
    }

    /// The streams before a layer, and that one of them which it computes.
    Streamed altUpPredict(List<Value> inputs, List<Attribute> attributes) {
        return streamed("AltUpPredict", inputs, attributes);
    }

    /// The streams after a layer, and the active one of them, scaled.
    Streamed altUpCorrect(List<Value> inputs, List<Attribute> attributes) {
        return streamed("AltUpCorrect", inputs, attributes);
    }

    private Streamed streamed(String op, List<Value> inputs, List<Attribute> attributes) {
        TensorType all = inputs.getFirst().type();
        TensorType row = all.withShape(Shape.of(all.shape().get(0), all.shape().get(2)));
        List<Value> made = graph.node(DOMAIN, op, inputs, attributes, List.of(all, row));
        return new Streamed(made.getFirst(), made.getLast());
    }

    /// A row x [T, H], and the norms of what attention and a low-rank branch made of it, and of x itself, halved in
    /// power.
    Value laurelJoin(List<Value> inputs, double epsilon) {
        return one("LaurelJoin", inputs, inputs.getFirst().type(), Attribute.of("epsilon", (float) epsilon));
    }

    /// `activation(gate)` times a layer's columns of `embeddings` [T, layers · w].
    Value perLayerGate(Value gate, Value embeddings, int layer, Attribute activation) {
        return one("PerLayerGate", List.of(gate, embeddings), gate.type(), Attribute.of("layer", layer), activation);
    }

    record Routed(Value experts, Value weights) {}

    /// Each token's chosen experts, best first, and what they weigh. The correction may be absent.
    Routed route(Value logits, Value correction, int used, List<Attribute> attributes) {
        Dimension tokens = logits.shape().get(0);
        List<Value> made = graph.node(
                DOMAIN,
                "Route",
                correction.isAbsent() ? List.of(logits) : List.of(logits, correction),
                attributes,
                List.of(TensorType.of(ElementType.I32, tokens, used), TensorType.of(ElementType.F32, tokens, used)));
        return new Routed(made.getFirst(), made.getLast());
    }

    /// Every token through its chosen experts.
    Value experts(List<Value> inputs, List<Attribute> attributes) {
        return one("Experts", inputs, inputs.getFirst().type(), attributes.toArray(Attribute[]::new));
    }

    record Rotation(Value cos, Value sin) {
        static final Rotation NONE = new Rotation(Value.ABSENT, Value.ABSENT);
    }

    Rotation ropeTable(Value positions, Value frequencies, float attentionFactor) {
        TensorType type = TensorType.of(
                ElementType.F32, positions.shape().get(0), frequencies.shape().get(0));
        List<Value> made = graph.node(
                DOMAIN,
                "RopeTable",
                List.of(positions, frequencies),
                List.of(Attribute.of("attention_factor", attentionFactor)),
                List.of(type, type));
        return new Rotation(made.getFirst(), made.getLast());
    }

    /// Attention over the paged pool, which it writes. The second output says that the pool is
    /// written; what reads the pool afterwards takes it.
    Attended pagedAttention(List<Value> inputs, List<Attribute> attributes, int outputWidth) {
        return attention("PagedAttention", inputs, attributes, outputWidth);
    }

    /// The same over a pool of latents.
    Value latentAttention(List<Value> inputs, List<Attribute> attributes, int outputWidth) {
        return attention("LatentAttention", inputs, attributes, outputWidth).mixed();
    }

    /// The gated delta rule over a state a sequence, which it moves on.
    Value gatedDelta(List<Value> inputs, List<Attribute> attributes, int outputWidth) {
        Value projected = inputs.getFirst();
        return one(
                "GatedDelta",
                inputs,
                projected.type().withShape(projected.shape().with(1, new Dimension.Fixed(outputWidth))),
                attributes.toArray(Attribute[]::new));
    }

    /// What attention made of the values, and that the pool is written.
    record Attended(Value mixed, Value written) {}

    private Attended attention(String op, List<Value> inputs, List<Attribute> attributes, int outputWidth) {
        Value query = inputs.getFirst();
        List<Value> made = graph.node(
                DOMAIN,
                op,
                inputs,
                attributes,
                List.of(
                        query.type().withShape(query.shape().with(1, new Dimension.Fixed(outputWidth))),
                        TensorType.of(ElementType.I32, 1)));
        return new Attended(made.getFirst(), made.getLast());
    }

    record Drawn(Value ids, Value logprobs, Value topIds, Value topLogprobs) {}

    Drawn sample(List<Value> inputs) {
        Dimension rows = inputs.getFirst().shape().get(0);
        List<Value> made = graph.node(
                DOMAIN,
                "Sample",
                inputs,
                List.of(),
                List.of(
                        TensorType.of(ElementType.I32, rows),
                        TensorType.of(ElementType.F32, rows),
                        TensorType.of(ElementType.I32, rows, "K"),
                        TensorType.of(ElementType.F32, rows, "K")));
        return new Drawn(made.get(0), made.get(1), made.get(2), made.get(3));
    }

    private Value one(String op, List<Value> inputs, TensorType type, Attribute... attributes) {
        return graph.node(DOMAIN, op, inputs, List.of(attributes), List.of(type))
                .getFirst();
    }
}
