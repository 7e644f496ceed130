package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.expertsHalf;
import static io.dipper.transformer.family.Rule.expertsTransposed;
import static io.dipper.transformer.family.Rule.same;

import io.dipper.transformer.family.Rule.Half;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.FeedForward;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.QkNorm;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.Scoring.Temperature;
import io.dipper.transformer.tree.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Llama 4: three layers that turn their heads and look at their own chunk, then one that knows no
/// positions, looks at everything and warms its queries with their distance; one expert of many
/// beside a shared one, on every layer or on every other.
final class Llama4 implements Family {
    @Override
    public String name() {
        return "llama4";
    }

    @Override
    public Model read(Keys keys) {
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(131_072, 1e-5));
        int layers = decoder.layers();
        List<Attention> mixers = mixers(keys, decoder, layers);
        List<FeedForward> parts = feedForwards(keys, decoder, layers);
        keys.harmless("for_llm_compressor");
        ExpertKeys.harmless(keys);
        return decoder.model(decoder.preNorm(mixers, parts), CommonKeys.head(keys, false));
    }

    private static List<Attention> mixers(Keys keys, Decoder decoder, int layers) {
        Rope rope = RopeKeys.of(keys, decoder.context()).forAllLayers(decoder.headDim(), 500_000, Pairing.INTERLEAVED);
        Attention plain =
                decoder.attention(Positions.NONE).with(keys.flagOr("attention_bias", false) ? Biases.ALL : Biases.NONE);
        Norm length = new Norm.Rms(decoder.headDim(), decoder.epsilon(), Norm.Factor.NONE);
        Attention rotated =
                keys.flagOr("use_qk_norm", true) ? plain.at(rope).with(new QkNorm.PerHead(length)) : plain.at(rope);
        if (rotated.qkNorm() instanceof QkNorm.PerHead && rope.scaling().attentionFactor() != 1) {
            throw keys.refused("use_qk_norm", "heads are normed after the rotation, which undoes this scaling");
        }
        int floor = keys.positiveOr("floor_scale", 8192);
        double coefficient = keys.decimalOr("attn_scale", 0.1);
        Attention still = keys.flagOr("attn_temperature_tuning", true)
                ? plain.with(Scoring.standard(decoder.headDim()).with(new Temperature.Floors(floor, coefficient)))
                : plain;
        List<Boolean> rotates = SmolLm3.rotates(keys, layers);
        List<String> otherwise = rotates.stream()
                .map(rotation -> rotation ? Spans.CHUNKED : Spans.FULL)
                .toList();
        List<String> kinds = Spans.kinds(keys, layers, List.of(Spans.FULL, Spans.CHUNKED), otherwise);
        Span chunk = Spans.chunk(keys.positiveOr("attention_chunk_size", 8192), decoder.context());
        List<Attention> mixers = new ArrayList<>(layers);
        for (int layer = 0; layer < layers; layer++) {
            Attention mixer = rotates.get(layer) ? rotated : still;
            mixers.add(mixer.over(kinds.get(layer).equals(Spans.CHUNKED) ? chunk : Span.FULL));
        }
        return mixers;
    }

    private static List<FeedForward> feedForwards(Keys keys, Decoder decoder, int layers) {
        int count = ExpertKeys.count(keys, "num_local_experts", "num_experts");
        Gated expert = decoder.gated("intermediate_size");
        Router router = Router.of(count, ExpertKeys.used(keys, count), Router.Score.SIGMOID, Router.Weights.AS_SCORED)
                .with(Router.Side.INPUT);
        Experts experts = new Experts(router, expert, Optional.of(new Experts.Shared(expert)));
        int step = keys.positiveOr("interleave_moe_layer_step", 1);
        Optional<List<Integer>> stated = keys.wholes("moe_layers");
        return ExpertKeys.choose(
                layers,
                layer -> stated.isPresent() ? stated.get().contains(layer) : (layer + 1) % step == 0,
                experts,
                decoder.gated("intermediate_size_mlp"));
    }

    @Override
    public Renaming names() {
        String feed = "model.layers.{layer}.feed_forward.";
        String path = "layers.{layer}.mlp.";
        return HubNames.llama()
                .and(
                        same(path + "gate", feed + "gate_proj.weight"),
                        same(path + "up", feed + "up_proj.weight"),
                        same(path + "down", feed + "down_proj.weight"),
                        same(path + "router", feed + "router.weight"),
                        same(path + "shared.gate", feed + "shared_expert.gate_proj.weight"),
                        same(path + "shared.up", feed + "shared_expert.up_proj.weight"),
                        same(path + "shared.down", feed + "shared_expert.down_proj.weight"),
                        expertsHalf(path + "experts.{expert}.gate", feed + "experts.gate_up_proj", Half.FIRST),
                        expertsHalf(path + "experts.{expert}.up", feed + "experts.gate_up_proj", Half.SECOND),
                        expertsTransposed(path + "experts.{expert}.down", feed + "experts.down_proj"));
    }
}
