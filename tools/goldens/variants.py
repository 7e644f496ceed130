"""Tiny random checkpoints of the flags that the goldens leave at their usual values, with the reference's answers.

    python tools/goldens/variants.py OUT [NAME ...]

writes a folder a variant: config.json and weights as the reference's own `save_pretrained` writes them (bfloat16),
expected.safetensors as libs/fixtures/goldens/README.md describes it. A variant is a golden's configuration with some
keys changed, or a whole configuration where no golden has that model type. Needs torch, transformers, safetensors.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForCausalLM

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "libs/fixtures/goldens"
PROMPT, ANSWER = 24, 12
SMALL = {"vocab_size": 160, "hidden_size": 48, "num_hidden_layers": 3, "max_position_embeddings": 128}
DENSE = SMALL | {"intermediate_size": 80, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
TOKENS = {"bos_token_id": 1, "eos_token_id": None, "pad_token_id": 0}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 32}
FULL, SLIDING = "full_attention", "sliding_attention"

# name: (golden or model type, keys that differ)
VARIANTS = {
    "llama-biased": ("llama3", DENSE | {
        "attention_bias": True, "mlp_bias": True, "num_key_value_heads": 1, "head_dim": 24, "tie_word_embeddings": True}),
    "llama-yarn": ("llama3", DENSE | {"rope_parameters": YARN | {"beta_fast": 16.0, "beta_slow": 2.0}}),
    "llama-linear": ("llama3", DENSE | {
        "num_key_value_heads": 4, "rope_parameters": {"rope_type": "linear", "rope_theta": 5000.0, "factor": 3.0}}),
    "mistral-window": ("mistral-7b-v0.1", DENSE | {"sliding_window": 5, "head_dim": 8, "tie_word_embeddings": True}),
    "qwen2-windows": ("qwen2", DENSE | {
        "use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1,
        "layer_types": [FULL, SLIDING, SLIDING], "tie_word_embeddings": True}),
    "qwen3-biased": ("qwen3", DENSE | {
        "attention_bias": True, "tie_word_embeddings": False, "use_sliding_window": True, "sliding_window": 7,
        "layer_types": [SLIDING, FULL, SLIDING], "hidden_act": "gelu_pytorch_tanh"}),
    "gpt2-scaled": ("gpt2", {
        "vocab_size": 160, "n_embd": 48, "n_layer": 3, "n_head": 3, "n_positions": 64, "n_inner": 72,
        "scale_attn_by_inverse_layer_idx": True, "reorder_and_upcast_attn": False, "activation_function": "relu"}),
    "olmo2-biased": ("olmo2", DENSE | {"attention_bias": True, "num_key_value_heads": 4, "tie_word_embeddings": True}),
    "smollm3-windows": ("smollm3", DENSE | {
        "attention_bias": True, "mlp_bias": True, "no_rope_layers": [0, 1, 1], "use_sliding_window": True,
        "sliding_window": 6, "layer_types": [FULL, SLIDING, FULL]}),
    "phi3-partial": ("phi3", DENSE | {
        "partial_rotary_factor": 0.5, "sliding_window": 9,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.5}}),
    "gemma2-uncapped": ("gemma2", DENSE | {
        "attn_logit_softcapping": None, "final_logit_softcapping": None, "query_pre_attn_scalar": 20,
        "attention_bias": True, "layer_types": [FULL, SLIDING, FULL], "sliding_window": 6}),
    "gemma3-capped": ("gemma3", DENSE | {
        "attn_logit_softcapping": 20.0, "final_logit_softcapping": 12.0, "query_pre_attn_scalar": 9,
        "attention_bias": True, "layer_types": [SLIDING, FULL, SLIDING], "sliding_window": 5}),
    "gemma3n-unshared": ("gemma3n", {
        "num_kv_shared_layers": 0, "altup_num_inputs": 3, "altup_active_idx": 1, "altup_correct_scale": False,
        "laurel_rank": 12, "final_logit_softcapping": 25.0}),
    "mixtral-window": ("mixtral", DENSE | {"num_local_experts": 5, "num_experts_per_tok": 3, "sliding_window": 6}),
    "qwen3-moe-sparse": ("qwen3-moe", DENSE | {
        "num_hidden_layers": 4, "mlp_only_layers": [3], "decoder_sparse_step": 2, "norm_topk_prob": False,
        "attention_bias": True, "num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 40}),
    "deepseek-v2-groups": ("deepseek_v2", SMALL | {
        "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 24, "kv_lora_rank": 20,
        "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 12, "intermediate_size": 80,
        "moe_intermediate_size": 32, "n_routed_experts": 8, "num_experts_per_tok": 3, "n_shared_experts": 1,
        "first_k_dense_replace": 1, "topk_method": "group_limited_greedy", "n_group": 4, "topk_group": 2,
        "routed_scaling_factor": 4.0, "attention_bias": True}),
    "deepseek-v2-greedy": ("deepseek_v2", SMALL | {
        "num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": None, "kv_lora_rank": 24,
        "qk_nope_head_dim": 16, "qk_rope_head_dim": 8, "v_head_dim": 16, "intermediate_size": 80,
        "moe_intermediate_size": 32, "n_routed_experts": 6, "num_experts_per_tok": 2, "n_shared_experts": 2,
        "first_k_dense_replace": 0, "topk_method": "greedy", "rope_parameters": YARN | {"mscale": 0.7, "mscale_all_dim": 0.7}}),
    "deepseek-v3-plain": ("deepseek-v3", {
        "hidden_size": 48, "q_lora_rank": None, "n_shared_experts": 2, "n_group": 1, "topk_group": 1,
        "first_k_dense_replace": 0, "norm_topk_prob": False, "attention_bias": True, "rope_interleave": False,
        "rms_norm_eps": 1e-3, "tie_word_embeddings": True}),
    "glm4-moe-normed": ("glm4-moe", {
        "hidden_size": 48, "use_qk_norm": True, "attention_bias": True, "n_shared_experts": 2, "norm_topk_prob": False,
        "first_k_dense_replace": 2, "routed_scaling_factor": 1.7}),
    "minimax-m2-untied": ("minimax-m2", {"hidden_size": 48, "num_experts_per_tok": 3, "tie_word_embeddings": True}),
    "llama4-plain": ("llama4", {
        "hidden_size": 48, "use_qk_norm": False, "interleave_moe_layer_step": 1, "moe_layers": None,
        "attention_bias": True, "floor_scale": 4, "attn_scale": 0.3, "num_experts_per_tok": 2}),
    "gpt-oss-plain": ("gpt-oss", {
        "hidden_size": 64, "sliding_window": 5, "num_experts_per_tok": 3, "attention_bias": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}, "tie_word_embeddings": True}),
    "qwen3-next-dense": ("qwen3-next", {
        "hidden_size": 48, "linear_conv_kernel_dim": 3, "norm_topk_prob": False, "mlp_only_layers": [1],
        "attention_bias": True, "tie_word_embeddings": True}),
    "stablelm-biased": ("stablelm", DENSE | {"hidden_size": 64, "use_qkv_bias": True}),
}


def configuration(base, changes):
    folder = GOLDENS / base
    if folder.exists():
        stated = json.loads((folder / "config.json").read_text())
    else:
        stated = {"model_type": base}
    for key in ("architectures", "transformers_version", "dtype"):
        stated.pop(key, None)
    if "num_hidden_layers" in changes and "layer_types" not in changes:
        stated.pop("layer_types", None)
    stated |= TOKENS | changes
    stated = {key: value for key, value in stated.items() if value is not None or key in changes}
    return AutoConfig.for_model(stated.pop("model_type"), **stated)


def fill(model, generator):
    """Weights that give peaked, distinct logits; all exact in bfloat16."""
    tied = model.get_output_embeddings().weight is model.get_input_embeddings().weight
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=generator)
        if "A_log" in name:
            value = (noise.abs() + 1).log()
        elif "embed" in name or "wte" in name:
            value = noise * (0.4 if tied else 1.5)
        elif weight.dim() >= 2:
            fan_in = weight[0].numel() if "conv" in name else weight.shape[-1]
            value = noise * (2.5 if "lm_head" in name else 1.2) / fan_in**0.5
        elif "norm" in name or "ln_" in name or name.endswith(("scale", "scalar")):
            centre = 0.0 if not weight.any() else 1.0
            value = centre + 0.2 * noise
            if ".bias" in name:
                value = 0.1 * noise
        else:
            value = 0.3 * noise
        weight.data.copy_(value.to(torch.bfloat16).float())
    for name, buffer in model.named_buffers():
        if "correction_bias" in name:
            buffer.copy_((0.2 * torch.randn(buffer.shape, generator=generator)).to(torch.bfloat16).float())


def answers(model, prompt):
    with torch.no_grad():
        logits = model(prompt, use_cache=False).logits[0].float()
        cache, ids, picked, fed = None, [], [], prompt
        for _ in range(ANSWER):
            step = model(fed, past_key_values=cache, use_cache=True)
            cache, last = step.past_key_values, step.logits[0, -1].float()
            picked.append(last)
            ids.append(int(last.argmax()))
            fed = torch.tensor([[ids[-1]]])
    greedy = torch.stack(picked)
    top = greedy.topk(2).values
    drift = float((greedy[0] - logits[-1]).abs().max())
    return {
        "input_ids": prompt,
        "logits": logits.contiguous(),
        "greedy_ids": torch.tensor(ids),
        "greedy_logits": greedy.contiguous(),
    }, drift, float((top[:, 0] - top[:, 1]).min())


def main(out, names):
    for number, (name, (base, changes)) in enumerate(VARIANTS.items()):
        if names and name not in names:
            continue
        try:
            config = configuration(base, changes)
            generator = torch.Generator().manual_seed(1000 + number)
            model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
            fill(model, generator)
            prompt = torch.randint(3, config.get_text_config().vocab_size, (1, PROMPT), generator=generator)
            expected, drift, gap = answers(model, prompt)
            folder = pathlib.Path(out) / name
            model.to(torch.bfloat16).save_pretrained(folder)
            (folder / "generation_config.json").unlink(missing_ok=True)
            save_file(expected, folder / "expected.safetensors")
            parameters = sum(weight.numel() for weight in model.parameters())
            print(f"{name}: {parameters} parameters, drift {drift:.1e}, smallest gap {gap:.4f}, peak {float(expected['logits'].abs().max()):.1f}")
        except Exception as trouble:  # one variant's trouble is said and leaves the others alone
            print(f"{name}: {type(trouble).__name__}: {trouble}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
