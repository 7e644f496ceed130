#!/usr/bin/env bash
# Starts the CLI with the flags that it needs: java.sh JAVA_HOME DIST ARGUMENTS…
set -euo pipefail
java_home=$1 dist=$2
shift 2

root=$(cd "$(dirname "$0")/.." && pwd)

export DJL_CACHE_DIR=${DJL_CACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/dipper/djl}
flags=(--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
    -XX:+UseSerialGC -XX:-UsePerfData -Dfile.encoding=UTF-8 -Djava.awt.headless=true -Dai.djl.offline=true "-Ddipper.install=$root")
if [ -t 2 ]; then flags+=(-Ddipper.terminal=true); fi
if [ -r "$dist/dipper.aot" ]; then flags+=("-XX:AOTCache=$dist/dipper.aot" -Xlog:aot=off -Xlog:cds=off); fi
# The JVM announces the incubator module on standard error before any of our code runs, and has no switch for it.
# It is left there: a filter would stand between the JVM and the terminal, its signals and the order of its lines.
# shellcheck disable=SC2086
exec "$java_home/bin/java" "${flags[@]}" ${DIPPER_JAVA_OPTIONS:-} -cp "$dist/dipper.jar" io.dipper.cli.Main "$@"
