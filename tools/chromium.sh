#!/usr/bin/env bash
# Prints the command of a Chromium that runs, for the browser tests. Where none is here, adds it by apt.
set -euo pipefail

find_chromium() {
    local candidate
    for candidate in ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome; do
        if "$candidate" --version >/dev/null 2>&1; then # a stand-in that only points to a shop does not count
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

add_chromium() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || return 1
    echo "Adding Chromium for the browser tests" >&2
    as_root apt-get update -qq >&2 || true # an old list is often good enough
    as_root apt-get install -qq -y --no-install-recommends chromium >&2 ||
        as_root apt-get install -qq -y --no-install-recommends chromium-browser >&2
}

find_chromium && exit 0
add_chromium || true
find_chromium && exit 0
echo "The tests need Chromium, and it could not be added. Install it, then run the command again:" >&2
echo "    sudo apt-get install chromium" >&2
echo "or name one that runs with CHROMIUM=…" >&2
exit 1
