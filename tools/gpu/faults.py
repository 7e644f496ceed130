#!/usr/bin/env python3
"""Faults of cards, on the whole platform: run.sh's part `faults`.

    faults.py REPORT WORK MODEL CARDS JAVA...

`dipper up` with the test class LosingRunners in its home's configuration: a file lose-cuda:N there runs a kernel on card N
that writes where nothing is, and everything after that is the product's. CARDS as in 0 or 0,1; MODEL is a folder with a
chat template. DEVICE=cpu-f32 runs what runs without a card, to try this script. Says of each thing whether it is as it
must be; ends with the number that are not.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

report, work, model = (pathlib.Path(part) for part in sys.argv[1:4])
cards = [int(card) for card in sys.argv[4].split(",")]
java = sys.argv[5:] + ["io.dipper.cli.Main"]
port = int(os.environ.get("PORT", "18180"))
home = work / "faults-home"
target = os.environ.get("DEVICE", "cuda-bf16")
on_host = target.startswith("cpu-")
results = []


def check(what, right, seen=""):
    results.append({"what": what, "right": bool(right), "seen": str(seen)[:400]})
    print("right " if right else "WRONG ", what, str(seen)[:300], flush=True)


def device(card):
    return "cpu" if on_host else f"cuda:{card}"


def wait_for(what, condition, seconds=120):
    start = time.time()
    while time.time() - start < seconds:
        if condition():
            return time.time() - start
        time.sleep(0.05)
    check(what, False, f"not within {seconds} s")
    return None


def request(path, body=None, key=None):
    headers = {"Authorization": "Bearer " + (key or admin_key()), "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    return urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)


def admin_key():
    return (home / "admin.key").read_text().strip()


def answered(path, body=None):
    try:
        with urllib.request.urlopen(request(path, body), timeout=30) as reply:
            return reply.status, json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")
    except OSError as error:
        return 0, {"error": str(error)}


def chat(name, tokens, stream=False):
    return {"model": name, "stream": stream, "ignore_eos": True, "max_tokens": tokens,
            "messages": [{"role": "user", "content": "Tell me a story."}]}


def answers(name):
    return answered("/v1/chat/completions", chat(name, 4))[0] == 200


class Streamed(threading.Thread):
    """A long answer, read to its end; `end` is the last event's error code, or DONE."""

    def __init__(self, name, tokens=1900):
        super().__init__(daemon=True)
        self.name_of_model, self.tokens, self.frames, self.end, self.seconds = name, tokens, 0, "", 0.0
        self.begun = threading.Event()
        self.start()

    def run(self):
        start = time.time()
        try:
            body = chat(self.name_of_model, self.tokens, True)
            with urllib.request.urlopen(request("/v1/chat/completions", body), timeout=120) as reply:
                for line in reply:
                    if line.startswith(b"data: {"):
                        self.frames += 1
                        event = json.loads(line[6:])
                        self.end = (event.get("error") or {}).get("code") or "unfinished"
                        if self.frames > 3:
                            self.begun.set()
                    elif line.startswith(b"data: [DONE]") and self.end == "unfinished":
                        self.end = "DONE"
        except urllib.error.HTTPError as error:
            self.end = json.loads(error.read()).get("error", {}).get("code")
        except OSError as error:
            self.end = str(error)
        self.seconds = time.time() - start
        self.begun.set()


def up(errors, cards_used):
    environment = dict(os.environ, DIPPER_INFERENCE_CARDS=cards_used, DIPPER_INFERENCE_CARD_KV_BYTES="512MB")
    out = open(report / "faults-up.txt", "w")
    process = subprocess.Popen(java + ["up", "--inference-apart", "--model", "none", "--home", str(home), "--port", str(port)],
                               stdout=out, stderr=open(errors, "a"), env=environment)
    wait_for("up is ready", lambda: process.poll() is not None or "ready " in (report / "faults-up.txt").read_text())
    if process.poll() is not None:
        sys.exit(f"up ended with {process.returncode}: see {errors}")
    return process


def copy_of_model(name):
    folder = work / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model, folder)
    return folder


def load(name, card):
    path = "/api/inference/models/" + urllib.parse.quote(str(work / name), safe="") + "/load"
    body = {"target": target}
    if card is not None:
        body["card"] = card
    answered(path, body)
    wait_for(f"{name} is loaded", lambda: state(name) in ("READY", "FAILED"))
    return entry(name)


def entry(name):
    listed = answered("/api/inference/models")[1].get("data", [])
    return next((item for item in listed if item["name"] == name), {})


def state(name):
    return entry(name).get("state")


def lost_card(names, errors):
    """The first card is lost while all models stream and more wait."""
    streams = [Streamed(name) for name in names for _ in range(3)]
    for stream in streams:
        stream.begun.wait(60)
    devices = {name: entry(name).get("device") for name in names}
    alike = device(cards[0]).split(":")[0]
    start = time.time()
    (home / ("lose-" + device(cards[0]))).touch()
    for stream in streams:
        stream.join(120)
        on_lost = str(devices[stream.name_of_model]).startswith(alike)  # a process loses all of its cards at once
        check(f"a stream on {devices[stream.name_of_model]} ends", stream.end == ("device_lost" if on_lost else "DONE"),
              f"{stream.end} after {stream.frames} frames, {time.time() - start:.2f} s after the fault")
    for name in names:
        wait_for(f"{name} answers again", lambda: answers(name))
        print(f"{name} answers again {time.time() - start:.1f} s after the fault")
    check("exit code 75 is told", "ended with exit code 75" in errors.read_text())
    for name in names:
        check(f"{name} is on a card again", str(entry(name).get("device")).startswith(device("")), entry(name).get("device"))


def killed(names, process):
    """The inference service is killed, then all of the platform."""
    child = int(subprocess.run(["pgrep", "-P", str(process.pid), "-f", "serve inference"], capture_output=True,
                               text=True).stdout.split()[0])
    os.kill(child, signal.SIGKILL)
    start = time.time()
    wait_for("it answers after a kill", lambda: answers(names[0]))
    check("it answers after a kill", True, f"{time.time() - start:.1f} s")
    process.kill()
    process.wait()
    again = up(report / "faults-up-errors.txt", ",".join(map(str, cards)))
    wait_for("it answers after a kill of up", lambda: answers(names[0]))
    check("it answers after a kill of up", again.poll() is None)
    return again


def refusals(names):
    answer = load_refused(names[0] + "-elsewhere", 9)
    check("a card that is none of the service's", "is none of this service's" in answer, answer)


def load_refused(name, card):
    copy_of_model(name)
    return load(name, card).get("message", "")


def alone(what, words, **changes):
    """An inference service of its own that cannot serve its model says why in its log."""
    folder = work / "faults-alone"
    shutil.rmtree(folder, ignore_errors=True)
    environment = dict(os.environ, DIPPER_MODEL=str(model), DIPPER_MODEL_TARGET="cuda-bf16", **changes)
    with open(report / "faults-alone.txt", "w+") as errors:
        process = subprocess.Popen(java + ["serve", "inference", "--home", str(folder), "--port", str(port + 10)],
                                   stdout=subprocess.DEVNULL, stderr=errors, env=environment)
        wait_for(what, lambda: words in (report / "faults-alone.txt").read_text(), 60)
        process.terminate()
        process.wait()
    lines = [line for line in (report / "faults-alone.txt").read_text().splitlines() if words in line]
    check(what, lines, lines[:1])


def main():
    report.mkdir(parents=True, exist_ok=True)
    work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "inference.properties").write_text("spring.main.sources=io.dipper.cli.platform.LosingRunners\n")
    errors = report / "faults-up-errors.txt"
    errors.unlink(missing_ok=True)
    names = ["fault-a", "fault-b"]
    process = up(errors, ",".join(map(str, cards)))
    try:
        for name, card in zip(names, [cards[0], cards[-1]]):
            copy_of_model(name)
            loaded = load(name, card)
            wait_for(f"{name} answers", lambda: answers(name))
            check(f"{name} is on card {card}", loaded.get("device") == device(card), loaded)
        lost_card(names, errors)
        if not on_host:
            refusals(names)
        process = killed(names, process)
        process.send_signal(signal.SIGTERM)
        check("up ends in order", process.wait(120) == 0, process.returncode)
        if on_host:
            return end()
        fitting = [line.split("fits on", 1)[1] for line in errors.read_text().splitlines() if "fits on" in line]
        check("what fits says what it leaves", any("leaves" in line for line in fitting), fitting[:1])
    finally:
        if process.poll() is None:
            process.kill()
    alone("a card that is not there", "there is no card 63", DIPPER_INFERENCE_CARDS="63")
    end()


def end():
    (report / "faults.json").write_text(json.dumps(results, indent=1))
    wrong = sum(not result["right"] for result in results)
    print(f"{len(results) - wrong} right, {wrong} wrong")
    sys.exit(min(wrong, 125))


main()
