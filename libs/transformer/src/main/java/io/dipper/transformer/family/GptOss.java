package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.expertBiases;
import static io.dipper.transformer.family.Rule.expertsByTurns;
import static io.dipper.transformer.family.Rule.expertsTransposed;
import static io.dipper.transformer.family.Rule.same;

import io.dipper.transformer.family.Rule.Half;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Attention.Biases;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.RopeScaling;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.Span;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/// gpt-oss: learned sinks, a short window on every other layer, biases everywhere, experts with a
/// clamped gate.
final class GptOss implements Family {
    private static final double ALPHA = 1.702;

    @Override
    public String name() {
        return "gpt-oss";
    }

    @Override
    public Model read(Keys keys) {
        keys.assume("head_dim", 64);
        keys.assume("num_key_value_heads", 8);
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(131_072, 1e-5));
        Attention attention = decoder.attention(rope(keys, decoder))
                .with(Scoring.standard(decoder.headDim()).with(Scoring.Sinks.LEARNED_PER_HEAD))
                .with(keys.flagOr("attention_bias", true) ? Biases.ALL : Biases.NONE);
        int layers = decoder.layers();
        List<Span> spans = Spans.of(
                Spans.kinds(
                        keys,
                        layers,
                        List.of(Spans.FULL, Spans.SLIDING),
                        Spans.everyNth(layers, 2, Spans.FULL, Spans.SLIDING)),
                Map.of(
                        Spans.FULL,
                        Span.FULL,
                        Spans.SLIDING,
                        Spans.window(keys.positiveOr("sliding_window", 128), decoder.context())));
        Experts experts = experts(keys, decoder);
        keys.harmless("initial_context_length");
        ExpertKeys.harmless(keys);
        return decoder.model(
                decoder.preNorm(spans.stream().map(attention::over).toList(), Collections.nCopies(layers, experts)),
                CommonKeys.head(keys, false));
    }

    /// The reference stretches 4,096 tokens by 32 where a file says nothing of it.
    private static Rope rope(Keys keys, Decoder decoder) {
        Rope stated = decoder.rope(150_000);
        if (keys.isObject("rope_parameters") || keys.isObject("rope_scaling")) {
            return stated;
        }
        double factor = 32;
        var stretched = new RopeScaling.Yarn(factor, 4096, 32, 1, RopeKeys.magnitude(factor, 1), false);
        return new Rope(stated.theta(), stated.rotaryDim(), stated.pairing(), stretched);
    }

    private static Experts experts(Keys keys, Decoder decoder) {
        keys.mustBe("hidden_act", "silu");
        int count = ExpertKeys.count(keys, "num_local_experts", "num_experts");
        int used = ExpertKeys.used(keys, count);
        if (keys.positiveOr("experts_per_token", used) != used) {
            throw keys.refused("experts_per_token", "num_experts_per_tok says " + used);
        }
        Gated.Clamp clamp = new Gated.Clamp(keys.optionalFactor("swiglu_limit").orElse(7), ALPHA);
        return new Experts(
                Router.of(count, used, Router.Score.SOFTMAX_OF_CHOSEN, Router.Weights.AS_SCORED)
                        .withBias(),
                decoder.gated("intermediate_size").withBias().clamped(clamp));
    }

    @Override
    public Renaming names() {
        String layer = "model.layers.{layer}.";
        String experts = layer + "mlp.experts.";
        String expert = "layers.{layer}.mlp.experts.{expert}.";
        return HubNames.llama()
                .and(
                        same("layers.{layer}.attn.sinks", layer + "self_attn.sinks"),
                        same("layers.{layer}.mlp.router", layer + "mlp.router.weight"),
                        same("layers.{layer}.mlp.router.bias", layer + "mlp.router.bias"),
                        expertsByTurns(expert + "gate", experts + "gate_up_proj", Half.FIRST),
                        expertsByTurns(expert + "up", experts + "gate_up_proj", Half.SECOND),
                        expertsByTurns(expert + "gate.bias", experts + "gate_up_proj_bias", Half.FIRST),
                        expertsByTurns(expert + "up.bias", experts + "gate_up_proj_bias", Half.SECOND),
                        expertsTransposed(expert + "down", experts + "down_proj"),
                        expertBiases(expert + "down.bias", experts + "down_proj_bias"));
    }
}
