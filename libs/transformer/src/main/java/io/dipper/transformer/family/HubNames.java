package io.dipper.transformer.family;

import static io.dipper.transformer.family.Rule.same;

/// The names that most published decoders share, after Llama's.
final class HubNames {
    private static final String LAYER = "model.layers.{layer}.";

    private HubNames() {}

    /// Embedding, grouped attention, gated feed-forward part, norms before both branches, head.
    static Renaming llama() {
        return Renaming.of(
                        same("embedding", "model.embed_tokens.weight"),
                        same("layers.{layer}.before_mixer", LAYER + "input_layernorm.weight"),
                        same("layers.{layer}.before_mlp", LAYER + "post_attention_layernorm.weight"),
                        same("layers.{layer}.attn.q", LAYER + "self_attn.q_proj.weight"),
                        same("layers.{layer}.attn.k", LAYER + "self_attn.k_proj.weight"),
                        same("layers.{layer}.attn.v", LAYER + "self_attn.v_proj.weight"),
                        same("layers.{layer}.attn.o", LAYER + "self_attn.o_proj.weight"),
                        same("layers.{layer}.attn.q.bias", LAYER + "self_attn.q_proj.bias"),
                        same("layers.{layer}.attn.k.bias", LAYER + "self_attn.k_proj.bias"),
                        same("layers.{layer}.attn.v.bias", LAYER + "self_attn.v_proj.bias"),
                        same("layers.{layer}.attn.o.bias", LAYER + "self_attn.o_proj.bias"),
                        same("layers.{layer}.attn.q_norm", LAYER + "self_attn.q_norm.weight"),
                        same("layers.{layer}.attn.k_norm", LAYER + "self_attn.k_norm.weight"),
                        same("layers.{layer}.mlp.gate", LAYER + "mlp.gate_proj.weight"),
                        same("layers.{layer}.mlp.up", LAYER + "mlp.up_proj.weight"),
                        same("layers.{layer}.mlp.down", LAYER + "mlp.down_proj.weight"),
                        same("layers.{layer}.mlp.gate.bias", LAYER + "mlp.gate_proj.bias"),
                        same("layers.{layer}.mlp.up.bias", LAYER + "mlp.up_proj.bias"),
                        same("layers.{layer}.mlp.down.bias", LAYER + "mlp.down_proj.bias"),
                        same("norm", "model.norm.weight"),
                        same("head", "lm_head.weight"))
                .leavingOut("*.rotary_emb.inv_freq", "rotary frequencies follow from the configuration");
    }

    /// The same with norms on the branches' outputs.
    static Renaming postNorm() {
        return llama().and(
                        same("layers.{layer}.after_mixer", LAYER + "post_attention_layernorm.weight"),
                        same("layers.{layer}.after_mlp", LAYER + "post_feedforward_layernorm.weight"));
    }

    /// The same with norms before and after each branch.
    static Renaming sandwich() {
        return postNorm().and(same("layers.{layer}.before_mlp", LAYER + "pre_feedforward_layernorm.weight"));
    }
}
