#!/usr/bin/env bash
# Records which classes a start of the platform needs and how often its methods run (the JDK's ahead-of-time
# cache), so that later starts are quick: train-startup.sh JAVA_HOME DIST
# The start that is recorded has ports and a home of its own. Where it does not come up, a short command is
# recorded in its place, which helps less.
set -euo pipefail
java_home=$1
# The cache remembers where the jars are: whole paths hold from any directory.
dist=$(cd "$2" && pwd)
root=$(cd "$(dirname "$0")/.." && pwd)
cache=$dist/dipper.aot
start_limit_s=120 end_limit_s=120
scratch=$(mktemp -d)
trained=

cleanup() {
    if [ -n "$trained" ] && kill -0 "$trained" 2> /dev/null; then kill -KILL "$trained"; fi
    rm -rf "$scratch"
}
trap cleanup EXIT

record() { # runs the CLI with arguments $@ and records it
    DIPPER_JAVA_OPTIONS="-XX:AOTCacheOutput=$cache ${DIPPER_JAVA_OPTIONS:-}" exec "$root/tools/java.sh" "$java_home" "$dist" "$@"
}

free_ports() { # prints the first of four ports in a row that nothing listens on
    local port offset
    for port in $(shuf -i 20000-60000 -n 50); do
        for offset in 0 1 2 3; do
            if (: < "/dev/tcp/127.0.0.1/$((port + offset))") 2> /dev/null; then continue 2; fi
        done
        printf '%s' "$port"
        return 0
    done
    return 1
}

ends_within() { # waits at most $2 seconds for process $1
    local deadline=$((SECONDS + $2))
    while kill -0 "$1" 2> /dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || return 1
        sleep 0.2
    done
}

record_platform() {
    local port deadline=$((SECONDS + start_limit_s))
    port=$(free_ports) || return 1
    (record up --port "$port" --home "$scratch/home") > "$scratch/out" 2> "$scratch/err" &
    trained=$!
    until grep -q '^ready ' "$scratch/out"; do
        if [ "$SECONDS" -ge "$deadline" ] || ! kill -0 "$trained" 2> /dev/null; then
            cat "$scratch/err"
            return 1
        fi
        sleep 0.2
    done
    kill -TERM "$trained"
    ends_within "$trained" "$end_limit_s" && [ -s "$cache" ]
}

rm -f "$cache"
if ! record_platform; then
    echo "the platform's start could not be recorded; recording a short command"
    rm -f "$cache"
    (record inspect "$root/models/dipper-mini") > /dev/null &
    trained=$!
    ends_within "$trained" "$end_limit_s"
    [ -s "$cache" ]
fi
