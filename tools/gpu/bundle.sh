#!/usr/bin/env bash
# One folder with all that a machine with a card, Python and torch, but no Java and no network, needs to measure Dipper:
#   tools/gpu/bundle.sh DIR [runtime|app|data]...      (all three without a word; they can travel apart)
# runtime/  ONNX Runtime's CUDA 13 build, with machine code for one generation of cards, and a small JRE, packed
# app       Dipper with its libraries and services; the tests of operators and engine-ort with JUnit's console; packed
# data/     goldens, variants, dipper-mini, published configurations, a tokenizer where there is one
# run.sh    what is run there; it says how
# Needs JDK 25, Maven, `./dipper build` once, python3, strip, xz. CARD_CAPABILITY=90 is the generation.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?usage: tools/gpu/bundle.sh DIR [runtime|app|data]...}
shift
: "${JAVA_HOME:?set JAVA_HOME to a JDK 25}"
maven=${MAVEN:-mvn}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repository=${MAVEN_REPOSITORY:-$HOME/.m2/repository}

runtime() {
    local version=${ORT_GPU_VERSION:-1.28.0-1.5.14} jar
    jar=$repository/org/bytedeco/onnxruntime/$version/onnxruntime-$version-linux-x86_64-gpu.jar
    [ -e "$jar" ] || "$maven" -q -B dependency:get -Dartifact="org.bytedeco:onnxruntime:$version:jar:linux-x86_64-gpu" -Dtransitive=false
    mkdir -p "$work/libraries" "$work/all" "$out/runtime"
    (cd "$work/all" && "$JAVA_HOME/bin/jar" xf "$jar")
    for library in libonnxruntime.so.1 libonnxruntime_providers_shared.so libonnxruntime_providers_cuda.so; do
        find "$work/all" -name $library -exec cp {} "$work/libraries/" \;
    done
    python3 "$root/tools/gpu/one_generation.py" "$work"/libraries/libonnxruntime_providers_cuda.so "$work/cut" "${CARD_CAPABILITY:-90}"
    mv "$work/cut" "$work/libraries/libonnxruntime_providers_cuda.so"
    strip --strip-unneeded "$work"/libraries/*
    chmod 644 "$work"/libraries/*
    tar -C "$work" -c libraries | xz -T0 --x86 --lzma2=preset=6,dict=64MiB > "$out/runtime/onnxruntime.tar.xz"
    "$JAVA_HOME/bin/jlink" --strip-debug --no-man-pages --no-header-files --compress zip-0 --output "$work/jre" --add-modules \
        java.base,java.compiler,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http,java.prefs,java.scripting,java.security.jgss,java.sql,java.xml,jdk.crypto.ec,jdk.incubator.vector,jdk.jfr,jdk.management,jdk.unsupported,jdk.zipfs
    # Nothing is drawn there: of java.desktop only beans are needed.
    rm -f "$work"/jre/lib/lib{awt,awt_xawt,awt_headless,fontmanager,freetype,mlib_image,lcms,splashscreen,javajpeg,jawt,jsound}.so
    find "$work/jre" -name '*.so' -exec strip --strip-unneeded {} +
    tar -C "$work" -c jre | xz -T0 --x86 --lzma2=preset=6,dict=64MiB > "$out/runtime/jre.tar.xz"
}

# newest ARTIFACT : the jar of the newest version that the local repository has
newest() { find "$repository/$1" -name '*.jar' -not -name '*sources*' | sort -V | tail -n 1; }

# Our own classes come from the modules' target folders, so that they are this tree's; libraries from the distribution.
app() {
    local dist=${DIPPER_DIST:-$root/cli/target/dist} module jar
    [ -d "$dist/lib" ] || { echo "$dist/lib is missing: run ./dipper build" >&2; exit 1; }
    (cd "$root" && "$maven" -q -B -Dconsole.skip -Dspotless.check.skip test-compile -pl cli -am)
    rm -rf "$out/app"; mkdir -p "$out/app" "$out/app/tests"
    for jar in "$dist"/lib/*.jar; do
        case $(basename "$jar") in
            *-0.1.0-SNAPSHOT.jar) [ -d "$root/$(basename "$jar" -0.1.0-SNAPSHOT.jar)/target/classes" ] || cp "$jar" "$out/app/" ;;
            onnxruntime-* | *osx* | *windows* | *aarch_64* | *aarch64*) ;;
            *) cp "$jar" "$out/app/" ;;
        esac
    done
    for module in "$root"/libs/* "$root"/cli "$root"/gateway "$root"/inference-service "$root"/model-registry "$root"/benchmark-service; do
        [ -d "$module/target/classes" ] || continue
        rm -f "$out/app/$(basename "$module")"-0.1.0-SNAPSHOT.jar
        case $(basename "$module") in fixtures | providers-spring-ai) continue ;; esac
        "$JAVA_HOME/bin/jar" cf "$out/app/$(basename "$module").jar" -C "$module/target/classes" .
    done
    for module in operators engine-ort; do
        "$JAVA_HOME/bin/jar" cf "$out/app/tests/$module-tests.jar" -C "$root/libs/$module/target/test-classes" .
    done
    "$JAVA_HOME/bin/jar" cf "$out/app/tests/fixtures.jar" -C "$root/libs/fixtures/target/classes" .
    (cd "$root/cli/target/test-classes" && "$JAVA_HOME/bin/jar" cf "$out/app/tests/load.jar" io/dipper/cli/platform/{ServedLoad,LosingRunners}*.class)
    cp "$(newest org/assertj/assertj-core)" "$out/app/tests/"
    # JUnit's console is no dependency of ours: it comes in the version of what the tests run on.
    local console=org/junit/platform/junit-platform-console-standalone version
    version=$(basename "$(dirname "$(newest org/junit/platform/junit-platform-commons)")")
    [ -e "$repository/$console/$version" ] || "$maven" -q -B dependency:get \
        -Dartifact="org.junit.platform:junit-platform-console-standalone:$version" -Dtransitive=false
    cp "$repository/$console/$version"/*.jar "$out/app/tests/"
    # Class files pack far better together than each on its own; other systems' native libraries stay behind.
    python3 - "$out"/app/*.jar "$out"/app/tests/*.jar << 'P'
import re, sys, zipfile
others = re.compile(r"(^|/|-)(win|osx|darwin|aix|freebsd|openbsd|sunos|dragonfly|linux-(?!x86-64|x86_64))[^/]*/")
for name in sys.argv[1:]:
    with zipfile.ZipFile(name) as jar:
        kept = {e.filename: jar.read(e) for e in jar.infolist() if not others.search(e.filename)}
    with zipfile.ZipFile(name, "w", zipfile.ZIP_STORED) as jar:
        for entry, content in kept.items():
            jar.writestr(zipfile.ZipInfo(entry), content)
P
    tar -C "$out" -c app | xz -T0 --lzma2=preset=6,dict=64MiB > "$out/app.tar.xz"
    rm -rf "$out/app"
}

data() {
    local tokenizers=${XDG_CACHE_HOME:-$HOME/.cache}/dipper/tokenizers configuration
    rm -rf "$out/data"; mkdir -p "$out/data/configurations"
    tar -C "$root/libs/fixtures" -c goldens variants | xz -T0 > "$out/data/fixtures.tar.xz"
    cp -r "$root/models/dipper-mini" "$out/data/"
    for configuration in "$root"/libs/fixtures/checkpoints/*/; do
        mkdir -p "$out/data/configurations/$(basename "$configuration")"
        cp "$configuration/config.json" "$out/data/configurations/$(basename "$configuration")/"
    done
    [ ! -e "$tokenizers/qwen3.json" ] || xz -T0 -c "$tokenizers/qwen3.json" > "$out/data/tokenizer.json.xz"
}

parts=("$@")
[ $# -gt 0 ] || parts=(runtime app data)
for part in "${parts[@]}"; do
    case $part in runtime | app | data) echo "$part" >&2; $part ;; *) echo "no part $part" >&2; exit 2 ;; esac
done
cp "$root"/tools/gpu/{run.sh,*.py,designs.txt,sanitized.txt} "$out/"
du -sh "$out"/* >&2
