"""Draws what StepTrace recorded: `trace_picture.py trace.json FOLDER [NAMES]` writes an SVG for each of its steps, named after the model
and the step. NAMES says what the calls of a layer are for, separated by commas; it holds where a layer has as many. Above, the whole step, each kernel from when all before it had ended; beneath, one layer, each kernel from when it
began, pale while it only ran beside what began earlier."""

import html
import json
import pathlib
import re
import sys

# (name, colour, kernels): the first that fits is a kernel's kind.
KINDS = [
    ("products", "#3b82f6", r"long_row|tiled_rows|rounded_rows_|sliced_|nvjet|gemm|cutlass|cublas|splitK"),
    ("attention", "#f59e0b", r"decode|prefill|prompts|prepare$|prepare_queries|attend|write_pool|write_latents|absorb|mix|expand|combine"),
    ("recurrence", "#ea580c", r"gated_delta|convolve|turn$"),
    ("experts", "#a855f7", r"open_|close_|prepare_pairs|sum_pairs|route_"),
    ("rows between", "#10b981", r".*norm|finish_rows|.*activation|rope_table|host_rows|altup_|laurel_|per_layer_gate"),
    ("drawing", "#ef4444", r"sample"),
    ("copies", "#94a3b8", r"copy|fill|exchange"),
    ("ONNX Runtime's own", "#64748b", r""),
]
IDLE = "nothing runs"
WIDTH, MARGIN = 1200, 28
PLOT = WIDTH - 2 * MARGIN
STYLE = """
text{font-family:Inter,"Helvetica Neue",Helvetica,Arial,sans-serif;font-size:13px;fill:#1f2937}
.small{font-size:12px}.faint{fill:#6b7280}.title{font-size:18px;font-weight:600}.right{text-anchor:end}.middle{text-anchor:middle}
.ground{fill:#ffffff}.lane{fill:#f3f4f6}.axis{stroke:#9ca3af;stroke-width:1}.zoom{fill:#9ca3af;fill-opacity:.22}.on{fill:#ffffff;font-weight:600}
@media (prefers-color-scheme:dark){text{fill:#e5e7eb}.faint{fill:#9ca3af}.ground{fill:#0d1117}.lane{fill:#1f2937}.on{fill:#ffffff}}
""".strip()


def kind(name):
    plain = name.rsplit("::", 1)[-1]
    if name.startswith("onnxruntime"):
        return len(KINDS) - 1
    return next(i for i, (_, _, kernels) in enumerate(KINDS) if re.match(kernels, plain))


def shown(us):
    return f"{us / 1000:.2f} ms" if us >= 10_000 else f"{us:,.0f} µs" if us >= 100 else f"{us:.1f} µs"


class Picture:
    def __init__(self):
        self.parts, self.y = [], 0

    def text(self, x, y, words, style=""):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{style}">{html.escape(words)}</text>')

    def bar(self, x, y, width, height, colour, opacity=1.0, title="", radius=0):
        tip = f"<title>{html.escape(title)}</title>" if title else ""
        pale = f' fill-opacity="{opacity}"' if opacity < 1 else ""
        round_ = f' rx="{radius}"' if radius else ""
        self.parts.append(f'<rect x="{x:.2f}" y="{y:.1f}" width="{max(width, 0.3):.2f}" height="{height}" fill="{colour}"{pale}{round_}>{tip}</rect>')

    def lane(self, y, height):
        self.parts.append(f'<rect class="lane" x="{MARGIN}" y="{y}" width="{PLOT}" height="{height}" rx="3"/>')

    def axis(self, y, us):
        """From 0 at the left edge to `us` at the right one."""
        step = next(s for p in range(-1, 6) for s in (10**p, 2 * 10**p, 5 * 10**p) if us / s <= 12)
        self.parts.append(f'<path class="axis" d="M{MARGIN} {y}H{MARGIN + PLOT}"/>')
        at = 0
        while at * step <= us:
            x = MARGIN + PLOT * at * step / us
            self.parts.append(f'<path class="axis" d="M{x:.1f} {y}v4"/>')
            label = f"{at * step:,.10g}" + (" µs" if at == 0 else "")
            self.text(x, y + 17, label, "small faint" + (" middle" if 0 < at and x < WIDTH - MARGIN - 20 else " right" if at else ""))
            at += 1

    def svg(self):
        height = self.y + 16
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}">'
        return "\n".join([head, f"<style>{STYLE}</style>", f'<rect class="ground" width="{WIDTH}" height="{height:.0f}"/>', *self.parts, "</svg>", ""])


def frontier(calls, end):
    """Each call with when all before it had ended, and the end of all with it."""
    reached = calls[0]["from_us"]
    for call in calls:
        begin, to = max(reached, call["from_us"]), min(call["to_us"], end)
        reached = max(reached, to)
        yield call, begin, max(begin, to)


def legend(picture, trace):
    sums = {}
    for row in trace["kernels"]:
        at = kind(row["name"])
        sums[at] = sums.get(at, 0) + row["added_us"]
    entries = [(KINDS[at][0], KINDS[at][1], us) for at, us in sorted(sums.items(), key=lambda entry: -entry[1])]
    entries.append((IDLE, None, trace["idle_us"]))
    x = MARGIN
    for name, colour, us in entries:
        words = f"{name} {shown(us)}, {100 * us / trace['us']:.1f} %"
        width = 44 + 6.9 * len(words)
        if x + width > WIDTH - MARGIN + 20:
            x, picture.y = MARGIN, picture.y + 22
        if colour:
            picture.bar(x, picture.y - 11, 13, 13, colour, radius=2)
        else:
            picture.parts.append(f'<rect class="lane axis" x="{x}" y="{picture.y - 11}" width="13" height="13" rx="2"/>')
        picture.text(x + 19, picture.y, words)
        x += width
    picture.y += 20


def whole(picture, calls, end, window):
    """One lane over the step, and the lines to the layer beneath."""
    top, height = picture.y, 64
    picture.lane(top, height)
    for call, begin, to in frontier(calls, end):
        if to > begin:
            title = f"{call['name']} ({call['shape']}): {to - begin:.2f} µs"
            picture.bar(MARGIN + PLOT * begin / end, top, PLOT * (to - begin) / end, height, KINDS[kind(call["name"])][1], title=title)
    picture.axis(top + height + 2, end)
    picture.y = top + height + 64
    if window:
        left, right = (MARGIN + PLOT * at / end for at in window)
        base = top + height + 2
        picture.parts.append(
            f'<path class="zoom" d="M{left:.1f} {top - 4}H{right:.1f}V{base}L{MARGIN + PLOT} {picture.y - 4}H{MARGIN}L{left:.1f} {base}Z"/>'
        )


def rows_of(calls):
    """A row for each call so that none lies over another: the first free one."""
    ends, rows = [], []
    for call in calls:
        row = next((i for i, to in enumerate(ends) if to <= call["from_us"] + 0.02), len(ends))
        ends[row:row + 1] = [call["to_us"]]
        rows.append(row)
    return rows


def layer(picture, trace, calls, window):
    begin, end = window
    scale = PLOT / (end - begin)
    first = trace["layer_from"] + trace["layers"] // 2 * trace["layer_length"]
    inside = range(first, first + trace["layer_length"])
    near = [i for i, call in enumerate(calls) if call["to_us"] > begin and call["from_us"] < end]
    rows = rows_of([calls[i] for i in near])
    top, step = picture.y, 30
    picture.lane(top, step * (max(rows) + 1) + 4)
    beside = 0
    front = {id(call): (at, to) for call, at, to in frontier(calls, trace["us"])}
    for i, row in zip(near, rows):
        call, number = calls[i], i - first + 1
        at, to = front[id(call)]
        y, colour = top + 4 + step * row, KINDS[kind(call["name"])][1]
        weight = 1.0 if i in inside else 0.3
        title = f"{call['name']} ({call['shape']}): {call['to_us'] - call['from_us']:.2f} µs"
        for left, right, opacity in ((call["from_us"], at, 0.35), (at, to, 1.0)):
            left, right = max(left, begin), min(right, end)
            if right > left:
                picture.bar(MARGIN + (left - begin) * scale, y, (right - left) * scale, step - 4, colour, opacity * weight, title)
        left = max(at, begin)
        if i in inside:
            wide = (to - left) * scale >= 9 * len(str(number))
            x = MARGIN + (left + (min(to, end) - left) / 2 - begin) * scale
            # Beside a narrow bar's number there may be another's.
            above = 13 if not wide and x - beside < 18 else 0
            picture.text(x, y + (18 if wide else -1 - above), str(number), "middle " + ("on" if wide else "small"))
            beside = beside if wide or above else x
    picture.y = top + step * (max(rows) + 1) + 6
    picture.axis(picture.y, end - begin)
    picture.y += 44


def table(picture, trace, names):
    """The layer's calls, in two columns."""
    rows = trace["layer"]
    names = names if len(names) == len(rows) else []
    half = (len(rows) + 1) // 2
    for i, row in enumerate(rows):
        x, y = MARGIN + (0 if i < half else PLOT / 2 + 14), picture.y + 21 * (i % half)
        width = PLOT / 2 - 14
        picture.bar(x, y - 11, 13, 13, KINDS[kind(row["name"])][1], radius=2)
        name = f"{names[i]}: {row['name']}" if names else row["name"]
        name = name if len(name) <= 28 else name[:27] + "…"
        picture.text(x + 42, y, str(i + 1), "right")
        picture.text(x + 52, y, name)
        picture.text(x + width - 190, y, row["shape"], "small faint right")
        waits = f", {row['wait_us']:.1f} idle before" if row["wait_us"] >= 0.05 else ""
        picture.text(x + width - 180, y, f"{row['added_us']:.2f} µs{waits}")
    picture.y += 21 * half


def picture_of(trace, card, names):
    picture, calls, end = Picture(), trace["timeline"], trace["timeline_us"]
    what = f"batch {trace['batch']}, context {trace['context']}" if "batch" in trace else f"a prompt of {trace['prompt']:,} tokens"
    picture.text(MARGIN, 34, f"{trace['model']}, {what}: one step, {shown(trace['us'])}", "title")
    picture.text(MARGIN, 56, f"{card}; recorded by CUPTI, sums are means of {trace['steps']} steps; {shown(trace['overlap_us'])} of the step two kernels at once", "faint")
    picture.y = 84
    legend(picture, trace)
    window = None
    if trace["layers"]:
        first = trace["layer_from"] + trace["layers"] // 2 * trace["layer_length"]
        of = calls[first:first + trace["layer_length"]]
        window = min(call["from_us"] for call in of), max(call["to_us"] for call in of)
    whole(picture, calls, end, window)
    if window:
        layer(picture, trace, calls, window)
        picture.text(MARGIN, picture.y, f"Above: layer {trace['layers'] // 2 + 1} of {trace['layers']}; pale is a call's start beside what began earlier. Below: what each call adds to that, means over all layers.", "small faint")
        picture.y += 22
        table(picture, trace, names)
    return picture.svg()


def main(file, folder, names=""):
    recorded = json.loads(pathlib.Path(file).read_text())
    for trace in recorded["traces"]:
        what = f"batch-{trace['batch']}" if "batch" in trace else f"prompt-{trace['prompt']}"
        path = pathlib.Path(folder) / f"step-{trace['model'].lower().replace(' ', '-')}-{what}.svg"
        path.write_text(picture_of(trace, recorded["card"], names.split(",") if names else []))
        print(path)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])
