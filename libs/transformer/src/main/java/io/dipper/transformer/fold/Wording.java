package io.dipper.transformer.fold;

import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.GatedDelta;
import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Mixer;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.RopeScaling;
import io.dipper.transformer.tree.SharedAttention;
import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The facts that are words: how a model knows positions and where and how it normalises.
final class Wording {
    private static final String FULL_ONLY = "full layers only";

    private Wording() {}

    static ObjectNode positional(Model model, FileFacts files) {
        ObjectNode text = JsonNodeFactory.instance.objectNode();
        if (model.embedding().learnedPositions().isPresent()) {
            return text.put("scheme", "learned absolute")
                    .put("positions", model.embedding().learnedPositions().getAsInt());
        }
        List<Mixer> mixers = KvCache.mixers(model);
        Optional<Rope> main =
                ropes(mixers, false).findFirst().or(() -> ropes(mixers, true).findFirst());
        if (main.isEmpty()) {
            return text.put("scheme", "none");
        }
        Rope rope = main.get();
        text.put("scheme", "rope").put("theta", rope.theta()).put("rotary_dims", rope.rotaryDim());
        text.put(
                "pairing",
                switch (rope.pairing()) {
                    case HALF_SPLIT -> "half-split";
                    case INTERLEAVED -> "interleaved";
                });
        Optional<Rope> local =
                ropes(mixers, true).filter(other -> !other.equals(rope)).findFirst();
        scaling(text, rope, local.isPresent());
        files.ropeType()
                .ifPresent(spelled -> ((ObjectNode) text.get("scaling"))
                        .put("type", text.at("/scaling/type").asString() + " (spelled " + spelled + ")"));
        local.filter(other -> other.theta() != rope.theta())
                .ifPresent(other -> text.put("theta_sliding_layers", other.theta()));
        List<Integer> without = layersWithoutRope(mixers);
        if (!without.isEmpty()) {
            var layers = text.putArray("layers_without_rope");
            without.forEach(layers::add);
        }
        if (mixers.stream().anyMatch(GatedDelta.class::isInstance)) {
            text.put("applies_to", FULL_ONLY);
        }
        return text;
    }

    private static void scaling(ObjectNode text, Rope rope, boolean fullOnly) {
        ObjectNode scaling = JsonNodeFactory.instance.objectNode();
        switch (rope.scaling()) {
            case RopeScaling.None _ -> {
                text.putNull("scaling");
                return;
            }
            case RopeScaling.Linear(double factor) ->
                scaling.put("type", "linear").put("factor", factor).putNull("original");
            case RopeScaling.Dynamic(double factor, int original) ->
                scaling.put("type", "dynamic").put("factor", factor).put("original", original);
            case RopeScaling.Yarn yarn ->
                scaling.put("type", "yarn").put("factor", yarn.factor()).put("original", yarn.originalContext());
            case RopeScaling.Llama3 llama3 ->
                scaling.put("type", "llama3").put("factor", llama3.factor()).put("original", llama3.originalContext());
            case RopeScaling.LongRope longRope ->
                scaling.put("type", "longrope").putNull("factor").put("original", longRope.originalContext());
        }
        if (fullOnly) {
            scaling.put("applies_to", FULL_ONLY);
        }
        text.set("scaling", scaling);
    }

    /// The rotations of the layers that look at everything, or of those that look at a window or
    /// chunk.
    private static Stream<Rope> ropes(List<Mixer> mixers, boolean local) {
        return mixers.stream()
                .filter(mixer -> local != seesAll(mixer))
                .map(Wording::positions)
                .filter(Rope.class::isInstance)
                .map(Rope.class::cast);
    }

    private static boolean seesAll(Mixer mixer) {
        return switch (mixer) {
            case Attention attention -> attention.span() instanceof Span.Full;
            case SharedAttention shared -> shared.attention().span() instanceof Span.Full;
            case LatentAttention _, GatedDelta _ -> true;
        };
    }

    private static Positions positions(Mixer mixer) {
        return switch (mixer) {
            case Attention attention -> attention.positions();
            case SharedAttention shared -> shared.attention().positions();
            case LatentAttention latent -> latent.rope();
            case GatedDelta _ -> Positions.NONE;
        };
    }

    private static List<Integer> layersWithoutRope(List<Mixer> mixers) {
        List<Integer> layers = new ArrayList<>();
        for (int layer = 0; layer < mixers.size(); layer++) {
            Mixer mixer = mixers.get(layer);
            if (!(mixer instanceof GatedDelta) && positions(mixer) instanceof Positions.None) {
                layers.add(layer);
            }
        }
        return layers;
    }

    static String normPlacement(Model model) {
        String placement = switch (model.blocks().getFirst().norms()) {
            case BlockNorms.Pre _ -> "pre";
            case BlockNorms.Post _ -> "post, on the branch output before the residual add";
            case BlockNorms.Sandwich _ -> "pre and post (sandwich)";
        };
        return model.streams().isPresent() ? placement + ", plus LAuReL and per-layer-input post norms" : placement;
    }

    static String normKind(Model model) {
        String kind = switch (model.finalNorm()) {
            case Norm.Layer layer -> layer.biased() ? "LayerNorm with bias" : "LayerNorm";
            case Norm.Rms rms ->
                switch (rms.factor()) {
                    // A design whose relatives add one to the weight is told apart from them.
                    case WEIGHT -> model.streams().isPresent() ? "RMSNorm, factor weight" : "RMSNorm";
                    case ONE_PLUS_WEIGHT -> "RMSNorm, factor 1 + weight";
                    case NONE -> "RMSNorm without weight";
                };
        };
        return KvCache.mixers(model).stream().anyMatch(GatedDelta.class::isInstance)
                ? kind + " (gated norm in linear layers: weight)"
                : kind;
    }

    static String qkNorm(Model model) {
        List<String> words = KvCache.mixers(model).stream()
                .filter(mixer -> !(mixer instanceof GatedDelta))
                .map(Wording::qkNorm)
                .distinct()
                .toList();
        Optional<String> norm =
                words.stream().filter(word -> !word.equals("none")).findFirst();
        if (norm.isEmpty()) {
            return "none";
        }
        return words.contains("none") ? norm.get() + ", rope layers" : norm.get();
    }

    private static String qkNorm(Mixer mixer) {
        return switch (mixer) {
            case Attention attention ->
                switch (attention.qkNorm()) {
                    case QkNorm.None _ -> "none";
                    case QkNorm.WholeProjection _ -> "whole projection";
                    case QkNorm.PerHead(Norm query, Norm _, var _) ->
                        query instanceof Norm.Rms rms && rms.factor() == Norm.Factor.NONE
                                ? "L2 without weight"
                                : "per head";
                };
            case SharedAttention shared -> qkNorm(shared.attention());
            case LatentAttention latent ->
                latent.queryLatentNorm().isPresent() ? "latent (q_a and kv_a)" : "latent (kv_a)";
            case GatedDelta _ -> "none";
        };
    }
}
