#!/usr/bin/env bash
# On a machine with a card, from the folder that bundle.sh wrote: `app/prove.sh CHECKPOINT...` proves each checkpoint on
# cuda-bf16 and prints, where PyTorch and transformers are there, the error of their bfloat16 run beside it.
# CUDA's libraries are taken from DIPPER_CUDA_LIBRARIES, else from NVIDIA's Python packages.
set -euo pipefail
bundle=$(cd "$(dirname "$0")/.." && pwd)
if [ ! -x "$bundle/runtime/jre/bin/java" ]; then
    for part in onnxruntime jre; do tar -C "$bundle/runtime" -xJf "$bundle/runtime/$part.tar.xz"; done
fi
if [ -z "${DIPPER_CUDA_LIBRARIES:-}" ]; then
    packages=$(python3 -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/nvidia
    find_library() { find "$packages" -name "$1" | head -n 1; }
    DIPPER_CUDA_LIBRARIES=$(for name in libcudart.so.13 libnvrtc.so.13 libcublasLt.so.13 libcublas.so.13 libcudnn.so.9; do find_library $name; done | paste -sd:)
    export DIPPER_CUDA_LIBRARIES
fi
export DIPPER_ORT_LIBRARY=$bundle/runtime/libraries/libonnxruntime.so.1
for checkpoint in "$@"; do
    echo "== $(basename "$checkpoint")"
    "$bundle/runtime/jre/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
        -cp "$bundle/app/*" io.dipper.cli.Main prove "$checkpoint" --target cuda-bf16 --json 2> /dev/null || true
done
python3 "$bundle/app/torch_bf16.py" "$@"
