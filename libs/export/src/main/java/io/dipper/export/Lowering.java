package io.dipper.export;

import io.dipper.checkpoint.OperatorForms;
import io.dipper.export.Operators.Drawn;
import io.dipper.export.Operators.Streamed;
import io.dipper.export.stock.StockForms;
import io.dipper.onnxgraph.ElementType;
import io.dipper.onnxgraph.Graph;
import io.dipper.onnxgraph.GraphBuilder;
import io.dipper.onnxgraph.Node;
import io.dipper.onnxgraph.Value;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Embedding;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Streams;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/// From a model's tree to the graph that serves it: one step over the flattened tokens of any
/// number of sequences, from token ids to drawn ids.
public final class Lowering {
    private final Model model;
    private final Operators operators;
    private final WeightLayout weights;
    private final Norms norms;
    private final StepInputs inputs;
    private final KvPlan cache;
    private final AttentionLowering attention;
    private final LatentLowering latent;
    private final DeltaLowering delta;
    private final FeedForwardLowering feedForwards;

    private Lowering(Model model, Target target) {
        this.model = model;
        this.operators = new Operators(new GraphBuilder("step").opset(Operators.DOMAIN, Operators.VERSION), target);
        this.cache = KvPlan.of(model);
        this.inputs = StepInputs.declare(operators.graph(), cache, target);
        this.weights = new WeightLayout(operators.graph(), target, model);
        this.norms = new Norms(weights, operators);
        Rotations rotations = new Rotations(operators, inputs.positions());
        this.attention = new AttentionLowering(weights, norms, inputs, cache, rotations, target.blockTokens());
        this.latent = new LatentLowering(weights, norms, inputs, cache, rotations, target.blockTokens());
        this.delta = new DeltaLowering(weights, norms, inputs, cache);
        this.feedForwards = new FeedForwardLowering(weights);
    }

    public static Lowered lower(Model model, Target target) {
        List<String> missing = Support.missing(model);
        if (!missing.isEmpty()) {
            return new Lowered.Unsupported(target, missing);
        }
        Lowering lowering = new Lowering(model, target);
        Graph step = lowering.step();
        if (target.isStock()) {
            return lowering.stock(target, step);
        }
        return target.fuses() ? lowering.onCard(Fusion.fuse(step)) : lowering.ready(step, Map.of());
    }

    /// Our kernels, but where they do not cover a node.
    private Lowered onCard(Graph step) {
        Predicate<Node> lacking = CardCoverage.lacking(step);
        if (step.nodes().stream().noneMatch(lacking)) {
            return ready(step, Map.of());
        }
        StockForms.Replaced replaced = StockForms.replace(step, lacking);
        return ready(replaced.graph(), replaced.stock());
    }

    private Lowered stock(Target target, Graph step) {
        StockForms.Replaced replaced = StockForms.replace(step, _ -> true);
        List<String> ours = replaced.graph().nodes().stream()
                .filter(node -> node.domain().equals(Operators.DOMAIN))
                .map(Node::op)
                .filter(op -> !op.equals("Sample"))
                .distinct()
                .map(op -> op + " on stock operators")
                .toList();
        return ours.isEmpty() ? ready(replaced.graph(), replaced.stock()) : new Lowered.Unsupported(target, ours);
    }

    private Lowered ready(Graph graph, Map<String, Integer> stock) {
        return new Lowered.Ready(graph, weights.weights(), cache, forms(graph, stock));
    }

    private static SortedMap<String, OperatorForms> forms(Graph graph, Map<String, Integer> stock) {
        SortedMap<String, OperatorForms> forms = new TreeMap<>();
        stock.forEach((op, nodes) -> forms.put(op, new OperatorForms(0, nodes)));
        graph.nodes().stream()
                .filter(node -> node.domain().equals(Operators.DOMAIN))
                .forEach(node -> forms.merge(node.op(), new OperatorForms(1, 0), OperatorForms::plus));
        return forms;
    }

    private Graph step() {
        Value embedded = embed(model.embedding());
        Stream rows = model.streams()
                .map(streams -> Stream.of(several(streams, embedded)))
                .orElseGet(() -> single(embedded));
        draw(logits(rows));
        return operators.graph().build();
    }

    /// One residual stream through all blocks; the rows of it that are asked for.
    private Stream single(Value embedded) {
        Stream stream = Stream.of(embedded);
        for (int layer = 0; layer < model.blocks().size(); layer++) {
            stream = block(model.blocks().get(layer), layer, stream);
        }
        Value settled = asked(stream.settled());
        return new Stream(settled, stream.isSettled() ? Value.ABSENT : asked(stream.pending()));
    }

    /// The same with several streams, of which each block computes one: its mixer beside a low-rank branch, halved in
    /// power, then its feed-forward part.
    private Value several(Streams kind, Value embedded) {
        StreamsLowering streams = new StreamsLowering(kind, model, weights, norms, operators);
        Value perLayer = streams.perLayer(embedded, inputs.tokenIds());
        Value all = streams.spread(embedded);
        Value beside = Value.ABSENT;
        for (int layer = 0; layer < model.blocks().size(); layer++) {
            Block block = model.blocks().get(layer);
            if (!(block.norms() instanceof BlockNorms.Sandwich around)) {
                throw unsupported();
            }
            String path = "layers." + layer + ".";
            Operators at = operators.scope("layers." + layer);
            Streamed predicted = streams.predicted(all, beside, layer, at);
            Value normed = norms.apply(path + "before_mixer", around.beforeMixer(), predicted.row(), at);
            Value attended = mix(block.mixer(), layer, normed, at);
            Value lowRank = streams.lowRank(normed, layer, at);
            Value mixed = streams.joined(predicted.row(), attended, lowRank, around, layer, at);
            Value before = norms.apply(path + "before_mlp", around.beforeFeedForward(), mixed, at);
            Value fed = feedForwards.lower(block.feedForward(), path + "mlp.", before, at);
            Streamed corrected = streams.corrected(predicted.all(), mixed, fed, around, layer, at);
            beside = streams.gated(corrected.row(), perLayer, layer, at);
            all = corrected.all();
        }
        return streams.mean(asked(all), asked(beside));
    }

    /// The rows whose logits are asked for.
    private Value asked(Value perToken) {
        return operators.graph().gather(perToken, inputs.logitRows(), 0);
    }

    private Value embed(Embedding embedding) {
        GraphBuilder graph = operators.graph();
        Value rows = rowsOf("embedding", inputs.tokenIds());
        if (embedding.multiplier() != 1) {
            rows = graph.mul(rows, graph.scalar((float) embedding.multiplier()));
        }
        if (embedding.learnedPositions().isPresent()) {
            rows = graph.add(rows, rowsOf("position_embedding", inputs.positions()));
        }
        return rows;
    }

    /// Rows of a table as float32, like everything between operators.
    private Value rowsOf(String table, Value indices) {
        GraphBuilder graph = operators.graph();
        Value rows = graph.gather(weights.take(table), indices, 0);
        return rows.type().element() == ElementType.F32 ? rows : graph.cast(rows, ElementType.F32);
    }

    private Stream block(Block block, int layer, Stream stream) {
        String path = "layers." + layer + ".";
        Operators at = operators.scope("layers." + layer);
        return switch (block.norms()) {
            case BlockNorms.Pre(Norm mixer, Norm feedForward) -> {
                var before = stream.normed(norms, path + "before_mixer", mixer, at);
                Stream mixed = before.stream().plus(mix(block.mixer(), layer, before.normed(), at), at);
                var between = mixed.normed(norms, path + "before_mlp", feedForward, at);
                yield between.stream()
                        .plus(feedForwards.lower(block.feedForward(), path + "mlp.", between.normed(), at), at);
            }
            case BlockNorms.Post(Norm mixer, Norm feedForward) -> {
                Stream whole = stream.settle(at);
                Value mixed = mix(block.mixer(), layer, whole.settled(), at);
                Stream between = whole.plus(norms.apply(path + "after_mixer", mixer, mixed, at), at)
                        .settle(at);
                Value fed = feedForwards.lower(block.feedForward(), path + "mlp.", between.settled(), at);
                yield between.plus(norms.apply(path + "after_mlp", feedForward, fed, at), at);
            }
            case BlockNorms.Sandwich(Norm beforeMixer, Norm afterMixer, Norm beforeFeed, Norm afterFeed) -> {
                var before = stream.normed(norms, path + "before_mixer", beforeMixer, at);
                Value mixed = mix(block.mixer(), layer, before.normed(), at);
                Stream between = before.stream().plus(norms.apply(path + "after_mixer", afterMixer, mixed, at), at);
                var inner = between.normed(norms, path + "before_mlp", beforeFeed, at);
                Value fed = feedForwards.lower(block.feedForward(), path + "mlp.", inner.normed(), at);
                yield inner.stream().plus(norms.apply(path + "after_mlp", afterFeed, fed, at), at);
            }
        };
    }

    private Value mix(Mixer mixer, int layer, Value x, Operators at) {
        return switch (mixer) {
            case Attention grouped -> attention.lower(grouped, layer, x, at);
            case LatentAttention ofLatents -> latent.lower(ofLatents, layer, x, at);
            case SharedAttention shared -> attention.shared(shared, layer, x, at);
            case GatedDelta recurrent -> delta.lower(recurrent, layer, x, at);
        };
    }

    /// Only the rows that are asked for go through the last norm and the head.
    private Value logits(Stream rows) {
        GraphBuilder graph = operators.graph();
        Value normed = rows.normed(norms, "norm", model.finalNorm(), operators).normed();
        Head head = model.head();
        Value logits = operators.linear(
                normed, weights.take(head.tied() ? "embedding" : "head"), weights.takeIfThere("head.bias"));
        if (head.scale() != 1) {
            logits = graph.mul(logits, graph.scalar((float) head.scale()));
        }
        if (head.softcap().isPresent()) {
            Value cap = graph.scalar((float) head.softcap().getAsDouble());
            logits = graph.mul(graph.tanh(graph.div(logits, cap)), cap);
        }
        return logits;
    }

    private void draw(Value logits) {
        GraphBuilder graph = operators.graph();
        if (inputs.drawing().isEmpty()) {
            graph.output("logits", logits);
            return;
        }
        draw(operators, logits, inputs.drawing());
        graph.output("logits", logits);
    }

    private static void draw(Operators operators, Value logits, List<Value> drawing) {
        List<Value> sampling = new ArrayList<>(List.of(logits));
        sampling.addAll(drawing);
        Drawn drawn = operators.sample(sampling);
        GraphBuilder graph = operators.graph();
        graph.output("ids", drawn.ids());
        graph.output("logprobs", drawn.logprobs());
        graph.output("top_ids", drawn.topIds());
        graph.output("top_logprobs", drawn.topLogprobs());
    }

    /// A graph that only draws, for what serves a graph that only makes logits.
    static Graph drawing(int vocabulary, Target target) {
        GraphBuilder graph = new GraphBuilder("draw").opset(Operators.DOMAIN, Operators.VERSION);
        Value logits = graph.input("logits", ElementType.F32, "L", vocabulary);
        draw(new Operators(graph, target), logits, StepInputs.drawing(graph));
        return graph.build();
    }

    private static IllegalStateException unsupported() {
        return new IllegalStateException("a part that Support should have named");
    }
}
