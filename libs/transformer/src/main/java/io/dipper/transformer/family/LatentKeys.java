package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.same;

import io.dipper.transformer.tree.LatentAttention;
import io.dipper.transformer.tree.Norm;
import io.dipper.transformer.tree.Positions.Pairing;
import io.dipper.transformer.tree.Positions.Rope;
import io.dipper.transformer.tree.RopeScaling;
import io.dipper.transformer.tree.Scoring;
import java.util.Optional;
import java.util.OptionalInt;

/// Multi-head latent attention as the DeepSeek families state it.
final class LatentKeys {
    /// The reference builds the norms of latents with its own default, whatever `rms_norm_eps` says.
    private static final double LATENT_EPSILON = 1e-6;

    private LatentKeys() {}

    static LatentAttention read(Keys keys, int hidden, int context) {
        int heads = keys.positive("num_attention_heads");
        if (keys.positiveOr("num_key_value_heads", heads) != heads) {
            throw keys.refused("num_key_value_heads", "every head has its own keys here: " + heads);
        }
        int plainDim = keys.positive("qk_nope_head_dim");
        int rotaryDim = keys.positive("qk_rope_head_dim");
        keys.harmless("head_dim");
        if (keys.positiveOr("qk_head_dim", plainDim + rotaryDim) != plainDim + rotaryDim) {
            throw keys.refused("qk_head_dim", "the parts of a head sum to " + (plainDim + rotaryDim));
        }
        Pairing pairing = keys.flagOr("rope_interleave", true) ? Pairing.INTERLEAVED : Pairing.HALF_SPLIT;
        RopeKeys ropes = RopeKeys.of(keys, context);
        Rope rope = ropes.forAllLayers(rotaryDim, 10_000, pairing);
        if (!keys.states("q_lora_rank") && !keys.statesNull("q_lora_rank")) {
            throw keys.missing("q_lora_rank");
        }
        OptionalInt queryRank = keys.optionalPositive("q_lora_rank");
        return new LatentAttention(
                hidden,
                heads,
                queryRank.isPresent()
                        ? Optional.of(new Norm.Rms(queryRank.getAsInt(), LATENT_EPSILON))
                        : Optional.empty(),
                new Norm.Rms(keys.positive("kv_lora_rank"), LATENT_EPSILON),
                plainDim,
                rotaryDim,
                keys.positive("v_head_dim"),
                rope,
                Scoring.scaled(scale(plainDim + rotaryDim, rope, ropes)),
                keys.flagOr("attention_bias", false));
    }

    /// Stretched contexts sharpen the scores as well, where `mscale_all_dim` says so.
    private static double scale(int queryDim, Rope rope, RopeKeys ropes) {
        double magnitude = rope.scaling() instanceof RopeScaling.Yarn yarn
                ? RopeKeys.magnitude(yarn.factor(), ropes.scoreMagnitude().orElse(0))
                : 1;
        return magnitude * magnitude / Math.sqrt(queryDim);
    }

    static Renaming names() {
        String attention = "model.layers.{layer}.self_attn.";
        String path = "layers.{layer}.attn.";
        return HubNames.experts()
                .and(
                        same(path + "q_down", attention + "q_a_proj.weight"),
                        same(path + "q_down.bias", attention + "q_a_proj.bias"),
                        same(path + "q_latent_norm", attention + "q_a_layernorm.weight"),
                        same(path + "q_up", attention + "q_b_proj.weight"),
                        same(path + "kv_down", attention + "kv_a_proj_with_mqa.weight"),
                        same(path + "kv_down.bias", attention + "kv_a_proj_with_mqa.bias"),
                        same(path + "kv_latent_norm", attention + "kv_a_layernorm.weight"),
                        same(path + "kv_up", attention + "kv_b_proj.weight"))
                .leavingOutLayersBeyond();
    }
}
