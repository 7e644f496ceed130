"""PyTorch's peer to DecodeCardBenchmark: the same shapes with random bfloat16 weights, decoded one token a step by
transformers' model over a StaticCache, compiled and captured in a CUDA graph; the chosen token stays on the card.
Compiled is a decoder layer, once for all layers, as PyTorch recommends where compilation takes long; with --whole all
of the model in one piece (`torch.compile(mode="reduce-overhead", fullgraph=True)`), which took longer than 45 s for 28
layers. Prints a line a case as it goes; what takes longer than the limit is skipped with a word.

    torch_decode.py [--rates] [--json FILE] [--prefill 2048] [--whole] CONFIG:BATCH,BATCH... ...

CONFIG is a config.json or its folder. Cases run in the order given.
"""

import argparse
import gc
import json
import pathlib
import signal
import time

import torch
from transformers import AutoConfig, AutoModelForCausalLM, StaticCache
from transformers.cache_utils import Cache

torch.set_grad_enabled(False)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--context", type=int, default=512)
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--limit-s", type=int, default=60, help="of one case, its compilation included")
    parser.add_argument("--prefill", type=int, default=0, help="tokens of one prompt, timed without compilation as well")
    parser.add_argument("--whole", action="store_true", help="compile the model in one piece")
    parser.add_argument("--check", action="store_true", help="compare the tokens with those of the model as it is")
    parser.add_argument("--rates", action="store_true", help="measure what the card reads and multiplies at most")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


class TookTooLong(Exception):
    pass


def within(seconds, work):
    def give_up(*_):
        raise TookTooLong(f"longer than {seconds} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        return work()
    finally:
        signal.alarm(0)


def seconds_of(work, device):
    if device == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def best(work, device, tries=10):
    work()
    return min(seconds_of(work, device) for _ in range(tries))


def rates(device):
    """GB/s of a sum over float32 values, TFLOP/s of a product of two bfloat16 matrices."""
    values, side = (1 << 30, 8192) if device == "cuda" else (1 << 24, 512)
    x = torch.zeros(values, device=device)
    read = x.nbytes / best(lambda: x.sum(), device) * 1e-9
    del x
    a, b = (torch.rand(side, side, device=device, dtype=torch.bfloat16) * 2 - 1 for _ in range(2))
    product = 2 * side**3 / best(lambda: a @ b.T, device) * 1e-12
    return {"read_gb_s": round(read, 1), "matrix_tflop_s": round(product, 2)}


def build(path, device):
    config = AutoConfig.from_pretrained(path if path.is_dir() else path.parent)
    with torch.device(device):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
    return model.eval()


def weights_read(model):
    """Bytes of weights that a step reads: all but an embedding table that is not the head's as well."""
    total = sum(p.numel() * p.element_size() for p in model.parameters())
    table = model.get_input_embeddings().weight
    tied = model.get_output_embeddings().weight is table
    return total - (0 if tied else table.numel() * table.element_size())


def cache_bytes(config, tokens):
    text = config.get_text_config()
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return 2 * 2 * text.num_hidden_layers * text.num_key_value_heads * head * tokens


class Whole:
    """A step of the model compiled in one piece; PyTorch captures it."""

    def __init__(self, model, cache, token, position, device):
        def one(token, position):
            logits = model(token, position_ids=position, past_key_values=cache, use_cache=True).logits
            return logits[:, -1:].argmax(-1)

        self.token, self.position = token, position
        self.compiled = torch.compile(one, mode="reduce-overhead", fullgraph=True, dynamic=False)

    def __call__(self):
        self.token.copy_(self.compiled(self.token, self.position))
        self.position.add_(1)


class ByLayer:
    """A step whose decoder layers run one compiled function, all of it captured in one graph."""

    def __init__(self, model, cache, token, position, device):
        decoder = model.model
        layers = list(decoder.layers)
        # Each layer gets a cache of its own in which it is the first: the compiled function is the same for all.
        caches = [Cache(layers=[layer]) for layer in cache.layers]
        for layer in layers:
            layer.self_attn.layer_idx = 0
        places = torch.arange(cache.layers[0].max_cache_len, device=device)

        def through(layer, hidden, mask, position, turned, cache):
            return layer(
                hidden,
                attention_mask=mask,
                position_ids=position,
                past_key_values=cache,
                use_cache=True,
                position_embeddings=turned,
            )

        def chosen(hidden):
            return model.lm_head(decoder.norm(hidden))[:, -1:].argmax(-1)

        through = torch.compile(through, fullgraph=True, dynamic=False)
        chosen = torch.compile(chosen, fullgraph=True, dynamic=False)

        def step():
            hidden = decoder.embed_tokens(token)
            turned = decoder.rotary_emb(hidden, position)
            mask = (places <= position)[:, None, None, :]
            for layer, own in zip(layers, caches):
                hidden = through(layer, hidden, mask, position, turned, own)
            token.copy_(chosen(hidden))
            position.add_(1)

        self.run = step
        if device == "cuda":
            aside = torch.cuda.Stream()
            aside.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(aside):
                for _ in range(CAPTURE_STEPS):
                    step()
            torch.cuda.current_stream().wait_stream(aside)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                step()
            self.run = self.graph.replay

    def __call__(self):
        self.run()


# Steps before a capture: they compile, and choose the products' kernels.
CAPTURE_STEPS = 3
WARM_UP = 6


def decode(model, batch, options):
    device, context, steps = options.device, options.context, options.steps
    torch._dynamo.reset()
    vocabulary = model.config.get_text_config().vocab_size
    for index, layer in enumerate(model.model.layers):
        layer.self_attn.layer_idx = index
    cache = StaticCache(config=model.config, max_cache_len=context + steps + WARM_UP + CAPTURE_STEPS)
    prompt = torch.randint(5, vocabulary - 1, (batch, context), device=device)
    token = model(prompt, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1:].argmax(-1).clone()
    expected = continued(model, prompt, token, options) if options.check else None
    position = torch.full((batch, 1), context, device=device, dtype=torch.long)
    start = time.perf_counter()
    step = (Whole if options.whole else ByLayer)(model, cache, token, position, device)
    seen = []

    def go_on(times):
        for _ in range(times):
            step()
            if options.check:
                seen.append(token.clone())

    go_on(WARM_UP)
    compiled = time.perf_counter() - start
    seconds = seconds_of(lambda: go_on(steps), device) / steps
    moved = weights_read(model) + batch * cache_bytes(model.config, context + steps // 2)
    return {
        "batch": batch,
        "context": context,
        "compiled": "whole" if options.whole else "by layer",
        "ms_per_step": round(seconds * 1e3, 4),
        "tokens_per_s": round(batch / seconds, 1),
        "bytes_per_step": moved,
        "gb_s": round(moved / seconds * 1e-9, 1),
        "compile_s": round(compiled, 1),
        **({"equal": float((torch.cat(seen[-4:], 1) == expected[:, len(seen) - 4 : len(seen)]).float().mean())} if seen and device == "cpu" else {}),
    }


def continued(model, prompt, token, options):
    """What the model as it is answers, the whole text anew each step."""
    text = torch.cat([prompt, token], 1)
    for _ in range(options.steps + WARM_UP):
        text = torch.cat([text, model(text, use_cache=False).logits[:, -1:].argmax(-1)], 1)
    for index, layer in enumerate(model.model.layers):
        layer.self_attn.layer_idx = index
    return text[:, prompt.shape[1] + 1 :]


def prefill(model, tokens, options):
    vocabulary = model.config.get_text_config().vocab_size
    prompt = torch.randint(5, vocabulary - 1, (1, tokens), device=options.device)
    seconds = best(lambda: model(prompt, use_cache=False, logits_to_keep=1), options.device, 5)
    return {"prefill_tokens": tokens, "tokens_per_s": round(tokens / seconds, 1), "ms": round(seconds * 1e3, 3)}


def main():
    options = arguments()
    results = []

    def tell(**result):
        results.append(result)
        print(json.dumps(result), flush=True)
        if options.json:
            options.json.write_text(json.dumps(results, indent=1))

    device = torch.cuda.get_device_name() if options.device == "cuda" else "cpu"
    tell(device=device, torch=torch.__version__, **(rates(options.device) if options.rates else {}))
    for case in options.cases:
        path, _, batches = case.partition(":")
        path = pathlib.Path(path)
        name = (path if path.is_dir() else path.parent).name.split("--")[-1]
        model = build(path, options.device)
        if options.prefill:
            tell(model=name, **prefill(model, options.prefill, options))
        for batch in map(int, batches.split(",")):
            try:
                tell(model=name, **within(options.limit_s, lambda: decode(model, batch, options)))
            except Exception as problem:  # the next case may still work
                tell(model=name, batch=batch, skipped=f"{type(problem).__name__}: {str(problem)[:200]}")
            gc.collect()
            if options.device == "cuda":
                torch.cuda.empty_cache()
        del model
        gc.collect()
        if options.device == "cuda":
            torch.cuda.empty_cache()


main()
