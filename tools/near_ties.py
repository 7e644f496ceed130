#!/usr/bin/env python3
"""How near a checkpoint's routers are to choosing differently: float32 proofs of it with every weight changed by at most half
of a bfloat16's last bit (2^-9 of it, at random), which is what rounding rows to bfloat16 does to each product.

    near_ties.py [--tries 20] [--seed 1] [--limit 0.62] CHECKPOINT...

CHECKPOINT is a folder with model.safetensors in bfloat16 and expected.safetensors, as in libs/fixtures/goldens. Prints for each
how many tries had positions of the prompt beyond the limit, and the largest differences. Needs numpy and `./dipper build`.
"""
import argparse
import json
import pathlib
import shutil
import struct
import subprocess
import tempfile

import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent


def tensors(file):
    """Name, shape and float32 values of each bfloat16 tensor."""
    content = file.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    for name, entry in json.loads(content[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "BF16":
            raise SystemExit(f"{file}: {name} is {entry['dtype']}, not BF16")
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        bits = numpy.frombuffer(content[begin:end], dtype="<u2").astype(numpy.uint32) << 16
        yield name, entry["shape"], bits.view(numpy.float32)


def perturbed(source, target, random):
    """The checkpoint with other weights, float32."""
    target.mkdir()
    for file in source.iterdir():
        if file.name != "model.safetensors":
            shutil.copy(file, target / file.name)
    header, parts, offset = {}, [], 0
    for name, shape, values in tensors(source / "model.safetensors"):
        changed = values * (1 + random.uniform(-(2.0**-9), 2.0**-9, values.shape))
        part = changed.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + len(part)]}
        parts.append(part)
        offset += len(part)
    words = json.dumps(header).encode()
    (target / "model.safetensors").write_bytes(struct.pack("<Q", len(words)) + words + b"".join(parts))


def proof(folder, limit):
    run = subprocess.run([ROOT / "dipper", "prove", folder, "--json", "--limit", str(limit)], capture_output=True, text=True)
    try:
        return json.loads(run.stdout)
    except ValueError:
        raise SystemExit(run.stderr or run.stdout) from None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="+", type=pathlib.Path)
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--limit", type=float, default=0.62)
    options = parser.parse_args()
    for checkpoint in options.checkpoints:
        random = numpy.random.default_rng(options.seed)
        far, worst, elsewhere = [], 0.0, 0.0
        for _ in range(options.tries):
            with tempfile.TemporaryDirectory() as work:
                folder = pathlib.Path(work) / checkpoint.name
                perturbed(checkpoint, folder, random)
                proved = proof(folder, options.limit)
            far.append(proved["positions_over_limit"])
            worst = max(worst, proved["prompt_logit_diff"])
            elsewhere = max(elsewhere, proved["logit_diff_elsewhere"])
        print(f"{checkpoint.name}: {sum(count > 0 for count in far)} of {options.tries} tries beyond the limit, at "
              f"{min(far)} to {max(far)} positions; largest {worst:.3f}, elsewhere {elsewhere:.3f}", flush=True)


main()
