package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.same;

import io.dipper.transformer.fold.FileFacts;
import io.dipper.transformer.tree.Activation;
import io.dipper.transformer.tree.Attention;
import io.dipper.transformer.tree.Block;
import io.dipper.transformer.tree.BlockNorms;
import io.dipper.transformer.tree.Experts;
import io.dipper.transformer.tree.Gated;
import io.dipper.transformer.tree.Head;
import io.dipper.transformer.tree.Model;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.RopeScaling;
import io.dipper.transformer.tree.Router;
import io.dipper.transformer.tree.Scoring;
import io.dipper.transformer.tree.Scoring.Temperature;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/// Grok 2: a dense feed-forward part beside the experts, caps on scores, router and logits. Its
/// files call the model type `git`, so the architecture tells.
final class Grok2 implements Family {
    @Override
    public String name() {
        return "grok-2";
    }

    @Override
    public Model read(Keys keys) {
        if (keys.texts("architectures").orElse(List.of()).stream().noneMatch(name -> name.startsWith("Grok"))) {
            throw keys.refused("architectures", "this model type is only known as Grok's");
        }
        Decoder decoder = Decoder.read(keys, new Decoder.Defaults(8192, 1e-5));
        Scoring scoring = Scoring.standard(decoder.headDim())
                .capped(keys.optionalFactor("attn_logit_softcapping"))
                .with(new Temperature.LogLength(keys.positiveOr("attn_temperature_len", 1024)));
        Attention attention = decoder.attention(rope(keys, decoder)).with(scoring);
        Block block = new Block(BlockNorms.sandwich(decoder.norm()), attention, experts(keys, decoder));
        keys.mustBe("sliding_window_size", -1).mustBe("global_attn_every_n", 1);
        return new Model(
                decoder.embedding().times(keys.factor("embedding_multiplier_scale")),
                Collections.nCopies(decoder.layers(), block),
                decoder.norm(),
                Head.of(CommonKeys.head(keys, false))
                        .scaled(keys.factor("output_multiplier_scale"))
                        .capped(keys.optionalFactor("final_logit_softcapping")),
                decoder.context());
    }

    /// YaRN, under the name `original`.
    private static Rope rope(Keys keys, Decoder decoder) {
        keys.mustBe("rope_type", "original").mustBe("extrapolation_factor", 1);
        double factor = keys.factor("scaling_factor");
        RopeScaling yarn = new RopeScaling.Yarn(
                factor,
                keys.positive("original_max_position_embeddings"),
                keys.factor("beta_fast"),
                keys.factor("beta_slow"),
                keys.factor("attn_factor") * RopeKeys.magnitude(factor, 1),
                true);
        return new Rope(keys.factor("rope_theta"), decoder.headDim(), Pairing.HALF_SPLIT, yarn);
    }

    private static Experts experts(Keys keys, Decoder decoder) {
        keys.mustBe("residual_moe", true);
        int count = ExpertKeys.count(keys, "num_local_experts");
        Router router = Router.of(count, ExpertKeys.used(keys, count), Router.Score.SOFTMAX, Router.Weights.AS_SCORED);
        OptionalDouble cap = keys.optionalFactor("router_logit_softcapping");
        Gated expert = new Gated(decoder.hidden(), keys.positive("moe_intermediate_size"), Activation.GELU);
        Gated beside = new Gated(decoder.hidden(), keys.positive("intermediate_size"), Activation.GELU);
        return new Experts(
                cap.isPresent() ? router.capped(cap.getAsDouble()) : router,
                expert,
                Optional.of(new Experts.Shared(beside, Experts.Switch.NONE, Math.sqrt(0.5))));
    }

    @Override
    public FileFacts files(Keys keys, Model model) {
        return FileFacts.NONE.withRopeType("original");
    }

    @Override
    public Renaming names() {
        String layer = "model.layers.{layer}.";
        return HubNames.blockSparse()
                .and(
                        same("layers.{layer}.before_mixer", layer + "pre_attn_norm.weight"),
                        same("layers.{layer}.after_mixer", layer + "post_attn_norm.weight"),
                        same("layers.{layer}.before_mlp", layer + "pre_moe_norm.weight"),
                        same("layers.{layer}.after_mlp", layer + "post_moe_norm.weight"),
                        same("layers.{layer}.mlp.shared.gate", layer + "mlp.gate_proj.weight"),
                        same("layers.{layer}.mlp.shared.up", layer + "mlp.up_proj.weight"),
                        same("layers.{layer}.mlp.shared.down", layer + "mlp.down_proj.weight"));
    }
}
