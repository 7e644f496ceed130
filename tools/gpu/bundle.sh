#!/usr/bin/env bash
# Builds, from this machine's Maven and JDK, what a machine with a card and no Java needs: `tools/gpu/bundle.sh DIR`
# writes runtime/ (ONNX Runtime's CUDA 13 build and a small JRE, about 65 MB packed) and app/ (the offline verbs).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?usage: tools/gpu/bundle.sh DIR}
: "${JAVA_HOME:?set JAVA_HOME to a JDK 25}"
version=${ORT_GPU_VERSION:-1.28.0-1.5.14}
mkdir -p "$out/runtime" "$out/app"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "ONNX Runtime $version" >&2
mvn -q -B dependency:get -Dartifact="org.bytedeco:onnxruntime:$version:jar:linux-x86_64-gpu" -Dtransitive=false
repository=$(mvn -q -B help:evaluate -Dexpression=settings.localRepository -DforceStdout 2> /dev/null || true)
[ -d "$repository" ] || repository=$HOME/.m2/repository
mkdir "$work/ort"
(cd "$work/ort" && "$JAVA_HOME/bin/jar" xf "$repository/org/bytedeco/onnxruntime/$version/onnxruntime-$version-linux-x86_64-gpu.jar")
mkdir "$work/libraries"
find "$work/ort" \( -name 'libonnxruntime.so.1' -o -name 'libonnxruntime_providers_shared.so' -o -name 'libonnxruntime_providers_cuda.so' \) \
    -exec cp {} "$work/libraries/" \;
strip --strip-unneeded "$work"/libraries/*
tar -C "$work" -cJf "$out/runtime/onnxruntime.tar.xz" libraries

echo "JRE" >&2
"$JAVA_HOME/bin/jlink" --add-modules java.base,java.logging,java.xml,java.desktop,java.sql,java.naming,java.management,jdk.incubator.vector,jdk.unsupported,jdk.zipfs \
    --strip-debug --no-man-pages --no-header-files --compress zip-0 --output "$work/jre"
tar -C "$work" -cJf "$out/runtime/jre.tar.xz" jre

echo "Dipper" >&2
dist=$root/cli/target/dist
[ -e "$dist/dipper.jar" ] || "$root/dipper" build
cp "$dist/dipper.jar" "$out/app/"
for library in transformer onnx-graph checkpoint export onnx-runtime operators engine engine-ort chat openai-api service-support jackson picocli slf4j-api jspecify; do
    find "$dist/lib" -name "$library*.jar" -not -name '*onnxruntime-[0-9]*' -exec cp {} "$out/app/" \;
done
cp "$root"/tools/gpu/*.sh "$root"/tools/gpu/*.py "$out/app/"
du -sh "$out"/* >&2
