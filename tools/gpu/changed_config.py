"""Prints a config.json with keys set otherwise, as `dipper export --set` does: `changed_config.py FILE KEY=JSON...`.
With another number of layers, lists that have an entry a layer are cut to it."""

import json
import pathlib
import sys

config = json.loads(pathlib.Path(sys.argv[1]).read_text())
text = config["text_config"] if isinstance(config.get("text_config"), dict) else config
for key, value in (change.split("=", 1) for change in sys.argv[2:]):
    value = json.loads(value)
    if key in ("num_hidden_layers", "n_layer"):
        for name, entries in text.items():
            if isinstance(entries, list) and len(entries) == text[key]:
                text[name] = entries[:value]
    text[key] = value
print(json.dumps(config))
