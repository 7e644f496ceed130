"""Makes report.md of what run.sh left in a folder: `report.py FOLDER designs.txt [CPU_PARITY_FOLDER]`. The table of designs
is docs/benchmarks/cuda-designs.md's; proofs on processors come from a folder of `prove --json` files, NAME.cpu-f32.json."""

import json
import pathlib
import sys


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, json.JSONDecodeError):
        return None


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def share(value):
    return "" if value is None else f"{100 * value:.0f} %"


def verdict(proof):
    if proof is None:
        return "not run"
    words = {"PASS": "yes", "AMBIGUOUS": "yes but for near ties", "FAIL": "no", "REFUSED": "refused"}
    difference = proof.get("max_logit_diff")
    return words[proof["verdict"]] + ("" if difference is None else f" ({difference:.2g})")


def listed(file):
    """(name, golden, what is set otherwise) of each design."""
    for line in file.read_text().splitlines():
        if not line.startswith("#"):
            name, _, golden, changes = (part.strip() for part in line.split("|"))
            yield name, golden, changes


def designs(folder, file, processors):
    rows = []
    for name, golden, _ in listed(file):
        measured = read(folder / "designs" / f"{name.replace(' ', '-')}.json")
        steps = {step["batch"]: step for step in (measured or {}).get("steps", [])}
        one, many = steps.get(1, {}), steps.get(32, {})
        proofs = [read(where / f"{golden}.{target}.json") for where, target in ((processors, "cpu-f32"), (folder / "parity", "cuda-bf16"))]
        if measured is None and proofs == [None, None]:
            continue
        memory = (measured or {}).get("memory", {})
        rows.append(
            [name, *map(verdict, proofs), str(measured["layers"]) if measured else ""]
            + [f"{step['ms']:.3f}" if step else "" for step in (one, many)]
            + [f"{step['bytes'] * 1e-9:.2f}" if step else "" for step in (one, many)]
            + [share(step.get("share")) for step in (one, many)]
            + [f"{1 / one['share']:.2f}" if one.get("share") else ""]
            + [f"{100 * (memory['planned'] / memory['measured'] - 1):+.1f} %" if memory.get("measured") else ""]
        )
    head = (
        "design", "right on CPU", "right on CUDA", "layers measured", "ms a step, batch 1", "32", "GB that must move, 1", "32",
        "share of the read rate, 1", "32", "times that floor, 1", "memory planned beside measured",
    )
    return table(head, rows)


def parity(folder, part="parity"):
    """Over the prompt: the largest difference, positions beyond the limit, the largest difference at the others."""
    rows = []
    torch = folder / "parity-torch.txt"
    peers = {name: figures for name, *figures in map(str.split, torch.read_text().splitlines())} if torch.exists() else {}
    for file in sorted((folder / part).glob("*.json")):
        name = file.name.split(".cuda")[0].split(".cpu")[0].split(".onnx")[0]
        proof = read(file) or {}
        ours = [proof.get(key) for key in ("prompt_logit_diff", "positions_over_limit", "logit_diff_elsewhere")]
        peer = peers.get(name, [])
        ratio = f"{ours[0] / float(peer[0]):.2f}" if peer and ours[0] is not None else ""
        rows.append(
            [name, proof.get("verdict", "no answer"), *map(figure, ours), *map(figure, (peer + ["", "", ""])[:3]), ratio]
            + [figure(proof.get(key)) for key in ("prefill_decode_diff", "batch_diff")]
        )
    head = "checkpoint", "verdict", "largest", "beyond", "elsewhere", "PyTorch bf16", "beyond", "elsewhere", "ratio", "prefill and decode", "in company"
    return table(head, rows)


def figure(value):
    return "" if value in (None, "") else f"{float(value):.3g}"


def torch(folder):
    rows = []
    for case in read(folder / "torch.json") or []:
        if "batch" in case:
            figures = [f"{case['ms_per_step']:.3f}", f"{case['tokens_per_s']:,.0f}", f"{case['gb_s']:,.0f}"] if "ms_per_step" in case else [case["skipped"][:60], "", ""]
            rows.append([case["model"], str(case["batch"]), *figures])
        elif "prefill_tokens" in case:
            rows.append([case["model"], f"prompt of {case['prefill_tokens']}, not compiled", f"{case['ms']:.2f}", f"{case['tokens_per_s']:,.0f}", ""])
    return table(("PyTorch", "batch", "ms a step", "tokens/s", "GB/s"), rows)


def main(folder, design_list, processors):
    lines = ["# Measured on a card", ""]
    if (folder / "tests.txt").exists():
        lines += ["## Tests", *(f"- {line}" for line in (folder / "tests.txt").read_text().splitlines()), ""]
    mini = read(folder / "mini.json")
    if mini:
        lines += ["## dipper-mini", f"{mini['equal']} of {mini['cases']} answers equal the reference's.", ""]
        lines += table(("case", "parts at", "of", "reference's lead there"), [[o["id"], str(o["step"]), str(o["of"]), f"{o['lead']:.4f}"] for o in mini["others"]]) if mini["others"] else []
    if (folder / "parity").exists():
        lines += ["## Parity", *parity(folder)]
    if (folder / "stock").exists():
        lines += ["## Parity without kernels of ours", *parity(folder, "stock")]
    for kind in ("start", "decode", "prefill", "trace"):
        for text in sorted(folder.glob(f"{kind}-*.json.md")):
            lines += [f"# {kind}", text.read_text()]
    if (folder / "torch.json").exists():
        lines += ["## PyTorch", *torch(folder)]
    served, engine = read(folder / "served.json"), read(folder / "served-engine.json")
    if served:
        lines += ["## Served", json.dumps(served), ""]
        if engine and "load" in engine:
            alone = engine["load"]["tokens_per_s"]
            lines += [f"The engine alone: {alone:,.0f} tokens/s; through gateway and service {served['tokens_per_s'] / alone:.3f} of it.", ""]
    if (folder / "designs").exists():
        made = designs(folder, design_list, processors)
        lines += ["## Designs", *made]
        (folder / "designs.md").write_text("\n".join(made))
    (folder / "report.md").write_text("\n".join(lines))
    print(folder / "report.md")


main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3] if len(sys.argv) > 3 else sys.argv[1]))
