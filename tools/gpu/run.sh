#!/usr/bin/env bash
# On a machine with a card, in the folder that tools/gpu/bundle.sh wrote: `./run.sh PART...`, each part alone or `all`.
#   tests    the operators' tests on the card          mini     dipper-mini's 60 reference cases
#   sanitizer  some of them under compute-sanitizer
#   parity   proofs of all goldens and variants        torch    PyTorch on the same shapes
#   decode   steps at batch 1 to 64, three models      prefill  prompts of 512 to 8,192 tokens
#   start    loading, compiling kernels, memory        designs  steps of twelve designs at their true width
#   trace    what the card does in one step at batch 1 and 8 and for a prompt of 2,048 tokens: tables and pictures
#   stock    the same proofs without kernels of ours
#   served   64 streams through the whole platform, and the engine alone under the same load
#   faults   a lost card while models stream, kills, what does not fit, what is missing; CARDS=0,1 uses two cards
# Writes REPORT (default: report/): JSON and text a part, and report.md over all that lies there.
# Exports lie in WORK (default: /dev/shm/dipper). CUDA's libraries are found among NVIDIA's Python packages or where
# DIPPER_CUDA_LIBRARIES says. DEVICE=cpu-f32 runs what runs there without a card, to try this script.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
report=${REPORT:-$here/report}
work=${WORK:-/dev/shm/dipper}
target=${DEVICE:-cuda-bf16}
mkdir -p "$report" "$work"

unpack() {
    local runtime=${RUNTIME:-$here/runtime}
    if [ ! -x "$runtime/jre/bin/java" ]; then
        for part in onnxruntime jre; do xz -dcT0 "$runtime/$part.tar.xz" | tar -C "$runtime" -x; done
    fi
    java=("$runtime/jre/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED
        --sun-misc-unsafe-memory-access=allow -XX:-UsePerfData -Djava.awt.headless=true -Dai.djl.offline=true
        -cp "$here/app/*:$here/app/tests/*")
    if [ ! -d "$here/app" ]; then xz -dcT0 "$here/app.tar.xz" | tar -C "$here" -x; fi
    export DIPPER_ORT_LIBRARY=${DIPPER_ORT_LIBRARY:-$runtime/libraries/libonnxruntime.so.1}
    if [ ! -d "$work/goldens" ] && [ -e "$here/data/fixtures.tar.xz" ]; then
        xz -dcT0 "$here/data/fixtures.tar.xz" | tar -C "$work" -x
    fi
}

find_cuda() {
    [ -z "${DIPPER_CUDA_LIBRARIES:-}" ] && [ "$target" != cpu-f32 ] || return 0
    local packages name
    packages=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/nvidia
    DIPPER_CUDA_LIBRARIES=$(for name in libcudart.so.13 libnvrtc.so.13 libcublasLt.so.13 libcublas.so.13 libcudnn.so.9; do
        find "$packages" -name $name | head -n 1; done | paste -sd:)
    export DIPPER_CUDA_LIBRARIES
}

export DIPPER_CUDA_CACHE=${DIPPER_CUDA_CACHE:-$work/kernels} DJL_CACHE_DIR=$work/djl
run_java() { "${java[@]}" "$@" 2> >(grep -v incubator >&2); }
dipper() { run_java io.dipper.cli.Main "$@"; }

# export_random CONFIGURATION FOLDER KEY=JSON... : random weights of a published shape
export_random() {
    local configuration=$here/data/configurations/$1 folder=$2 set=() change
    shift 2
    for change in "$@"; do set+=(--set "$change"); done
    local begun=$SECONDS
    [ -d "$folder" ] || dipper export "$configuration" --random-weights --seed 1 --target "$target" "${set[@]}" --out "$folder" > /dev/null || return 1
    echo "exported in $((SECONDS - begun)) s, $(du -sh "$folder" | cut -f1)"
    # The shape that was exported, for those who reckon from it.
    python3 "$here/changed_config.py" "$configuration/config.json" "$@" > "$folder.config.json"
}

# decoded NAME FOLDER OPTION... : DecodeCardBenchmark on an export
decoded() {
    local name=$1 folder=$2
    shift 2
    run_java io.dipper.engineort.benchmarks.DecodeCardBenchmark "$folder" --config "$folder.config.json" --name "$name" "$@"
}

# test_class CLASS FOLDER
test_class() {
    run_java org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=tree --disable-ansi-colors \
        --select-class "$1" --include-tag card > "$2/${1##*.}.txt" 2>&1
    echo "${1##*.} $(grep -oE '[0-9]+ tests (found|successful|failed)' "$2/${1##*.}.txt" | paste -sd,)"
}

# at_most_some : waits until fewer than JOBS of what was started still run
at_most_some() {
    while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-4}" ]; do wait -n; done
}

# Classes side by side: most of their time is the processors' forms.
tests() {
    local class folder=$report/tests
    mkdir -p "$folder"
    for class in $(python3 -c 'import sys, zipfile; print(*sorted(n[:-6].replace("/", ".") for n in zipfile.ZipFile(sys.argv[1]).namelist() if n.endswith("CardTest.class")))' "$here/app/tests/operators-tests.jar"); do
        at_most_some
        test_class "$class" "$folder" &
    done | tee "$report/tests.txt"
}

# sanitized TOOL NUMBER SELECTION...
sanitized() {
    local tool=$1 file=$report/sanitizer/$1-$2.txt summary
    shift 2
    summary=${2//io.dipper.operators.cuda./}
    timeout "${CASE_LIMIT:-120}" compute-sanitizer --tool "$tool" --print-limit 20 --error-exitcode 9 \
        "${java[@]}" org.junit.platform.console.ConsoleLauncher execute --disable-banner --details=tree --disable-ansi-colors \
        --include-tag card "$@" > "$file" 2>&1
    echo "$tool ${summary#method:}: exit $?, $(grep -oE '[0-9]+ tests (successful|failed)' "$file" | paste -sd,), $(grep -oE '(ERROR|RACECHECK) SUMMARY.*' "$file" | tail -n 1)"
}

# TOOLS chooses among compute-sanitizer's; a case that takes longer than CASE_LIMIT seconds ends with 124.
sanitizer() {
    local tool number how what package=io.dipper.operators.cuda
    mkdir -p "$report/sanitizer"
    for tool in ${TOOLS:-memcheck racecheck initcheck}; do
        number=0
        while read -r how what; do
            case $how in '#' | '') continue ;; esac
            number=$((number + 1))
            what=$(sed -E "s/^method:/method:$package./; s/,(AttentionCase|ExpertsCardTest)/,$package.\1/; t; s/^([A-Z])/$package.\1/" <<< "$what")
            at_most_some
            sanitized "$tool" $number "$how" "$what" &
        done < "$here/sanitized.txt"
    done | tee "$report/sanitizer.txt"
}

# prove_one CHECKPOINT TARGET FOLDER
prove_one() {
    local name
    name=$3/$(basename "$1").$2
    dipper prove "$1" --target "$2" --json > "$name.json" 2> "$name.txt"
    echo "$(basename "$1") $(python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["verdict"], d["max_logit_diff"])' "$name.json" 2>&1 | tail -n 1)"
}

# proofs TARGET FOLDER : of all goldens and variants; several at a time, for most of their time is a start
proofs() {
    local checkpoint
    mkdir -p "$2"
    for checkpoint in "$work"/goldens/*/ "$work"/variants/*/; do
        [ -e "$checkpoint/expected.safetensors" ] || continue
        at_most_some
        prove_one "$checkpoint" "$1" "$2" &
    done
    wait
}

stock() {
    local without=cuda-standard-bf16
    [ "$target" != cpu-f32 ] || without=onnx-standard
    proofs "$without" "$report/stock"
}

parity() {
    proofs "$target" "$report/parity"
    if [ "$target" != cpu-f32 ] && python3 -c 'import torch, transformers' 2> /dev/null; then
        python3 "$here/torch_bf16.py" "$work"/goldens/*/ > "$report/parity-torch.txt" 2> "$report/parity-torch-errors.txt"
    fi
}

mini() {
    local model=$here/data/dipper-mini
    [ -d "$work/mini" ] || dipper export "$model" --target "$target" --out "$work/mini" > /dev/null
    [ -d "$work/mini-cpu" ] || dipper export "$model" --target cpu-f32 --out "$work/mini-cpu" > /dev/null
    run_java io.dipper.engineort.benchmarks.DipperMiniCases "$model" "$work/mini" "$work/mini-cpu" "$report/mini.json"
}

models() { # MODELS chooses among them
    echo "${MODELS:-Qwen--Qwen3-0.6B Qwen--Qwen3-8B meta-llama--Llama-3.2-1B}"
}

decode() {
    local model
    for model in $(models); do
        export_random "$model" "$work/$model" || return 1
        decoded "${model##*--}" "$work/$model" --batches "${BATCHES:-1,8,32,64}" --json "$report/decode-${model##*--}.json" ${DECODE:-}
    done
}

prefill() {
    local model
    for model in $(models); do
        export_random "$model" "$work/$model" || return 1
        decoded "${model##*--}" "$work/$model" --batches "" --prompts "${PROMPTS:-512,2048,8192}" --json "$report/prefill-${model##*--}.json"
    done
}

start() {
    local model
    for model in $(models); do
        export_random "$model" "$work/$model" || return 1
        decoded "${model##*--}" "$work/$model" --batches 1 --prompts 512 --cold true --json "$report/start-${model##*--}.json"
    done
}

torch() {
    local model cases=()
    for model in $(models); do cases+=("$here/data/configurations/$model:${BATCHES:-1,32,8,64}"); done
    python3 "$here/torch_decode.py" --rates --prefill 2048 --json "$report/torch.json" "${cases[@]}" 2> "$report/torch.txt"
}

# CUPTI lies beside CUDA's other libraries. TRACE="--host true" records what the host calls, too.
trace() {
    local model=${MODEL:-Qwen--Qwen3-0.6B} name
    name=${model##*--}
    export DIPPER_CUPTI_LIBRARY=${DIPPER_CUPTI_LIBRARY:-$(dirname "${DIPPER_CUDA_LIBRARIES%%:*}")/libcupti.so.13}
    [ -e "$DIPPER_CUPTI_LIBRARY" ] || DIPPER_CUPTI_LIBRARY=$(find "$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/nvidia" -name libcupti.so.13 | head -n 1)
    export_random "$model" "$work/$model" || return 1
    # shellcheck disable=SC2086
    run_java io.dipper.engineort.benchmarks.StepTrace "$work/$model" --name "$name" --batches "${BATCHES:-1,8}" \
        --prompts "${PROMPTS:-2048}" --json "$report/trace-$name.json" ${TRACE:-} | tee "$report/trace-$name.json.md"
    python3 "$here/trace_picture.py" "$report/trace-$name.json" "$report" "${LAYER:-QKV,attention,O,gate and up,down}"
}

designs() {
    local name configuration golden changes
    mkdir -p "$report/designs"
    while IFS='|' read -r name configuration golden changes; do
        case $name in '#'*) continue ;; esac
        name=$(echo $name) configuration=$(echo $configuration)
        [[ -z ${DESIGNS:-} || $name =~ $DESIGNS ]] || continue
        # shellcheck disable=SC2086
        export_random "$configuration" "$work/design" $changes || { rm -rf "$work/design"; continue; }
        decoded "$name" "$work/design" --batches "${BATCHES:-1,32}" --kv-bytes "${KV_BYTES:-6000000000}" \
            --json "$report/designs/${name// /-}.json" ${DECODE:-}
        rm -rf "$work/design" "$work/design.config.json"
    done < "$here/designs.txt"
}

served() {
    local model=${MODEL:-Qwen--Qwen3-0.6B} port=${PORT:-18080} home=$work/home name folder load=${LOAD:-64,512,256}
    name=${model##*--} folder=$work/$name
    rm -rf "$home" "$folder" "$work/served"
    # shellcheck disable=SC2086
    dipper export "$here/data/configurations/$model" --random-weights --seed 1 --target "$target" --out "$work/served" --checkpoint "$folder" \
        $(for change in ${CHANGES:-}; do echo --set "$change"; done) > /dev/null || return 1
    cp "$folder/config.json" "$work/served.config.json"
    xz -dc "$here/data/tokenizer.json.xz" > "$folder/tokenizer.json"
    echo '{"chat_template": "{% for message in messages %}{{ message.content }}{% endfor %}"}' > "$folder/tokenizer_config.json"
    "${java[@]}" io.dipper.cli.Main up --model none --home "$home" --port "$port" > "$report/served-up.txt" 2> "$report/served-up-errors.txt" &
    local up=$!
    # shellcheck disable=SC2064
    trap "kill -TERM $up 2> /dev/null" EXIT
    for _ in $(seq 120); do grep -q ^ready "$report/served-up.txt" && break; kill -0 $up 2> /dev/null || break; sleep 1; done
    if ! grep -q ^ready "$report/served-up.txt"; then tail -n 20 "$report/served-up-errors.txt"; return 1; fi
    local vocabulary key
    key=$(sed -n 's/.*key-file //p' "$report/served-up.txt")
    export DIPPER_URL=http://127.0.0.1:$port DIPPER_API_KEY
    DIPPER_API_KEY=$(cat "$key")
    dipper load "$folder" --target "$target" || return 1
    vocabulary=$(python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(d["vocab_size"])' "$folder/config.json")
    # shellcheck disable=SC2086
    run_java io.dipper.cli.platform.ServedLoad "$DIPPER_URL" "$key" "$name" ${load//,/ } "$vocabulary" "$report/served.json"
    # What the engine's own clocks say of all rounds: steps, seconds of them, seconds in which the card waited for the host.
    curl -s -H "Authorization: Bearer $(cat "$home/service-token")" "http://127.0.0.1:$((port + 1))/metrics" \
        | grep -E '^dipper_engine_(steps|step_seconds|gap_seconds)' | tee "$report/served-metrics.txt"
    kill -TERM $up
    wait $up
    trap - EXIT
    decoded "$name, engine alone" "$work/served" --batches "" --prompts "" --load "$load" --json "$report/served-engine.json" ${DECODE:-}
    rm -rf "$home" "$folder" "$work/served"
}

faults() {
    cards=${CARDS:-$(nvidia-smi -L | wc -l | awk '{print ($1 > 1 ? "0,1" : "0")}')}
    python3 "$here/faults.py" "$report" "$work/faults" "$here/data/dipper-mini" "$cards" "${java[@]}"
    rm -rf "$work/faults"
}

parts=("$@")
[ $# -gt 0 ] || { sed -n '2,/^set -/s/^# \{0,1\}//p' "$0"; exit 2; }
[ "$1" != all ] || parts=(tests mini parity stock start decode prefill trace torch designs served faults)
unpack
find_cuda
for part in "${parts[@]}"; do
    case $part in
        tests | sanitizer | parity | stock | mini | decode | prefill | trace | start | torch | designs | served | faults)
            echo "== $part"
            begun=$SECONDS
            $part
            echo "-- $part took $((SECONDS - begun)) s" ;;
        *) echo "no part $part" >&2; exit 2 ;;
    esac
done
python3 "$here/report.py" "$report" "$here/designs.txt"
