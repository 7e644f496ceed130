#!/usr/bin/env bash
# Records which classes a start needs (JDK's ahead-of-time cache), so that later starts are quick: train-startup.sh JAVA_HOME DIST
set -euo pipefail
java_home=$1 dist=$2
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
rm -f "$dist/dipper.aot"
DIPPER_JAVA_OPTIONS="-XX:AOTCacheOutput=$dist/dipper.aot" timeout 180 "$(dirname "$0")/java.sh" "$java_home" "$dist" up --home "$home" --port 0 --train
[ -s "$dist/dipper.aot" ]
