"""How far PyTorch's bfloat16 run of a checkpoint is from the float32 reference beside it: the largest difference of a
logit over the prompt, a checkpoint a line. Needs torch, transformers, safetensors and a card."""

import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

for folder in map(pathlib.Path, sys.argv[1:]):
    expected = load_file(folder / "expected.safetensors")
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, attn_implementation="eager")
    with torch.no_grad():
        logits = model.cuda().eval()(expected["input_ids"].view(1, -1).cuda()).logits[0].float().cpu()
    print(folder.name, float((logits - expected["logits"].view(logits.shape)).abs().max()), flush=True)
