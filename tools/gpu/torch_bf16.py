"""How far PyTorch's bfloat16 run of a checkpoint is from the float32 reference beside it, over the prompt: the largest
difference of a logit, positions beyond LIMIT, and the largest difference elsewhere; a checkpoint a line. Weights in FP8
with scales a block are decoded to bfloat16 first; MXFP4 is decoded by transformers. Needs torch, transformers,
safetensors and a card."""

import json
import pathlib
import shutil
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

LIMIT = 0.62
# Configurations under names that transformers has no class for are another design's.
KNOWN_AS = {"kimi_k2": "deepseek_v3"}


def decoded(weights, block):
    out = {}
    for name, weight in weights.items():
        scale = weights.get(name + "_scale_inv")
        if scale is not None:
            rows, columns = weight.shape
            scale = scale.float().repeat_interleave(block[0], 0)[:rows].repeat_interleave(block[1], 1)[:, :columns]
            out[name] = (weight.float() * scale).to(torch.bfloat16)
        elif not name.endswith("_scale_inv"):
            out[name] = weight
    return out


def plain(folder, work):
    """The checkpoint in a form that transformers reads; the folder itself where it does already."""
    config = json.loads((folder / "config.json").read_text())
    quantization = config.get("quantization_config") or {}
    is_fp8 = quantization.get("quant_method") == "fp8"
    if config["model_type"] not in KNOWN_AS and not is_fp8:
        return folder
    config["model_type"] = KNOWN_AS.get(config["model_type"], config["model_type"])
    config.pop("auto_map", None)
    target = work / folder.name
    target.mkdir()
    for file in folder.glob("*.safetensors"):
        if file.name == "expected.safetensors":
            continue
        if is_fp8:
            save_file(decoded(load_file(file), quantization["weight_block_size"]), target / file.name, metadata={"format": "pt"})
        else:
            shutil.copy(file, target / file.name)
    if is_fp8:
        config.pop("quantization_config")
    (target / "config.json").write_text(json.dumps(config))
    return target


def differences(folder, work):
    expected = load_file(folder / "expected.safetensors")
    model = AutoModelForCausalLM.from_pretrained(plain(folder, work), dtype=torch.bfloat16, attn_implementation="eager")
    with torch.no_grad():
        logits = model.cuda().eval()(expected["input_ids"].view(1, -1).cuda()).logits[0].float().cpu()
    return (logits - expected["logits"].view(logits.shape)).abs().amax(dim=1)


with tempfile.TemporaryDirectory() as work:
    for folder in map(pathlib.Path, sys.argv[1:]):
        try:
            found = differences(folder, pathlib.Path(work))
        except Exception as e:
            print(f"{folder.name}: {str(e).splitlines()[0][:160]}", file=sys.stderr, flush=True)
            continue
        near = found[found <= LIMIT]
        print(folder.name, float(found.max()), int((found > LIMIT).sum()), float(near.max()) if len(near) else "", flush=True)
