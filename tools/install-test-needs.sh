#!/usr/bin/env bash
# Installs what the tests need beside JDK, Maven and Node: the published tokenizers that reference data names, and Debian's
# Chromium for the console's browser test.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
tokenizers=${DIPPER_REFERENCE_DATA:-}/tokenizers/tokenizers.json
if [ -n "${DIPPER_REFERENCE_DATA:-}" ] && [ -e "$tokenizers" ]; then
    node "$here/fetch-tokenizers.mjs" "$tokenizers" "${XDG_CACHE_HOME:-$HOME/.cache}/dipper/tokenizers" || true
fi
if command -v chromium > /dev/null || command -v google-chrome > /dev/null; then exit 0; fi
say() { printf '%s\n' "dipper: $*" >&2; }
command -v apt-get > /dev/null || { say "Chromium is missing and there is no apt-get: install it as 'chromium' on PATH."; exit 2; }
sudo=
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || { say "Chromium is missing; run as root: apt-get install chromium"; exit 2; }
    sudo=sudo
fi
say "installing Chromium for the browser test"
$sudo apt-get update -qq
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium > /dev/null
