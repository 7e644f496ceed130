#!/usr/bin/env bash
# Records which classes a start needs (JDK's ahead-of-time cache), so that later starts are quick: train-startup.sh JAVA_HOME DIST
set -euo pipefail
java_home=$1 dist=$2
root=$(cd "$(dirname "$0")/.." && pwd)
rm -f "$dist/dipper.aot"
DIPPER_JAVA_OPTIONS="-XX:AOTCacheOutput=$dist/dipper.aot" timeout 180 "$root/tools/java.sh" "$java_home" "$dist" inspect "$root/models/dipper-mini"
[ -s "$dist/dipper.aot" ]
