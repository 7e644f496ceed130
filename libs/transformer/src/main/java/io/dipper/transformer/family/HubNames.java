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

    /// Llama's names with routed experts, each in tensors of its own, and shared ones as DeepSeek
    /// spells them.
    static Renaming experts() {
        String expert = "layers.{layer}.mlp.experts.{expert}.";
        String shared = "layers.{layer}.mlp.shared.";
        return llama().and(
                        same("layers.{layer}.mlp.router", LAYER + "mlp.gate.weight"),
                        same("layers.{layer}.mlp.router.correction", LAYER + "mlp.gate.e_score_correction_bias"),
                        same(expert + "gate", LAYER + "mlp.experts.{expert}.gate_proj.weight"),
                        same(expert + "up", LAYER + "mlp.experts.{expert}.up_proj.weight"),
                        same(expert + "down", LAYER + "mlp.experts.{expert}.down_proj.weight"),
                        same(shared + "gate", LAYER + "mlp.shared_experts.gate_proj.weight"),
                        same(shared + "up", LAYER + "mlp.shared_experts.up_proj.weight"),
                        same(shared + "down", LAYER + "mlp.shared_experts.down_proj.weight"));
    }

    /// The names of Mixtral's experts.
    static Renaming blockSparse() {
        String moe = LAYER + "block_sparse_moe.";
        String expert = "layers.{layer}.mlp.experts.{expert}.";
        return llama().and(
                        same("layers.{layer}.mlp.router", moe + "gate.weight"),
                        same("layers.{layer}.mlp.router.correction", moe + "e_score_correction_bias"),
                        same(expert + "gate", moe + "experts.{expert}.w1.weight"),
                        same(expert + "up", moe + "experts.{expert}.w3.weight"),
                        same(expert + "down", moe + "experts.{expert}.w2.weight"));
    }
}
