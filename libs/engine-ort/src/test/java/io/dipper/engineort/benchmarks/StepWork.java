package io.dipper.engineort.benchmarks;

import io.dipper.export.Target;
import io.dipper.transformer.fold.KvCache;
import io.dipper.transformer.fold.Weight;
import io.dipper.transformer.fold.Weights;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Span;
import java.util.List;

/// What a step of a model must move and compute at least, whoever runs it: the yardstick for what a
/// step took.
final class StepWork {
    private final Model model;
    private final Target target;
    private final List<Weight> weights;

    StepWork(Model model, Target target) {
        this.model = model;
        this.target = target;
        this.weights = Weights.of(model);
    }

    /// Bytes of weights that a step of so many tokens reads: tables of which it looks up rows are not
    /// part of it, and of routed experts those are that so many tokens choose if all are as likely.
    long weightBytes(int tokens) {
        double bytes = 0;
        for (Weight weight : weights) {
            double share = switch (weight.use()) {
                case BODY, HEAD, ROUTER, ROUTER_CORRECTION -> 1;
                case EMBEDDING -> model.head().tied() ? 1 : 0;
                case POSITIONS, PER_LAYER_EMBEDDING, IDLE -> 0;
                case EXPERT -> 1 - Math.pow(1 - usedShare(weight), tokens);
            };
            bytes += share * weight.elements() * target.type(weight).byteSize();
        }
        return (long) bytes;
    }

    /// Bytes of keys, values and states that one more token of a sequence of `context` tokens reads;
    /// states are written as well.
    long cacheBytes(long context) {
        long bytes = 0;
        for (Mixer mixer : mixers()) {
            bytes += switch (mixer) {
                case SharedAttention shared -> attended(shared.attention(), context);
                case GatedDelta delta ->
                    2
                            * (KvCache.recurrentValues(delta) + KvCache.convolutionValues(delta))
                            * target.state().byteSize();
                case Attention _, LatentAttention _ -> attended(mixer, context);
            };
        }
        return bytes;
    }

    private long attended(Mixer mixer, long context) {
        return KvCache.valuesPerToken(mixer)
                * KvCache.tokensKept(mixer, context)
                * target.cache().byteSize();
    }

    /// Operations of reading a prompt of so many tokens, a multiplication and an addition being two:
    /// products with weights (the head's for one row only) and those of attention, in the form in which
    /// the design states them.
    double promptFlops(int tokens) {
        double flops = 0;
        for (Weight weight : weights) {
            if (weight.shape().size() > 1) {
                flops += 2.0
                        * weight.elements()
                        * switch (weight.use()) {
                            case BODY, ROUTER -> tokens;
                            case EXPERT -> tokens * usedShare(weight);
                            case HEAD -> 1;
                            case EMBEDDING -> model.head().tied() ? 1 : 0;
                            case POSITIONS, PER_LAYER_EMBEDDING, ROUTER_CORRECTION, IDLE -> 0;
                        };
            }
        }
        for (Mixer mixer : mixers()) {
            flops += attentionFlops(mixer, tokens);
        }
        return flops;
    }

    private static double attentionFlops(Mixer mixer, int tokens) {
        return switch (mixer) {
            case Attention attention -> 4.0 * attention.heads() * attention.headDim() * pairs(attention.span(), tokens);
            case SharedAttention shared -> attentionFlops(shared.attention(), tokens);
            case LatentAttention latent ->
                2.0 * latent.heads() * (latent.queryDim() + latent.valueDim()) * pairs(Span.FULL, tokens);
            // The state's product with the key, its change, its product with the query.
            case GatedDelta delta -> 6.0 * delta.valueHeads() * delta.keyDim() * delta.valueDim() * tokens;
        };
    }

    /// How many pairs of a token and one that it attends to a prompt has.
    private static double pairs(Span span, int tokens) {
        double pairs = 0;
        for (int token = 0; token < tokens; token++) {
            pairs += switch (span) {
                case Span.Full _ -> token + 1;
                case Span.Window(int window) -> Math.min(token + 1, window);
                case Span.Chunk(int chunk) -> token % chunk + 1;
            };
        }
        return pairs;
    }

    /// Of a layer's routed experts, the share that a token uses.
    private double usedShare(Weight weight) {
        int layer = Integer.parseInt(weight.path().split("\\.", 3)[1]);
        var experts = (Experts) model.blocks().get(layer).feedForward();
        return (double) experts.router().used() / experts.router().experts();
    }

    private List<Mixer> mixers() {
        return model.blocks().stream().map(block -> block.mixer()).toList();
    }
}
