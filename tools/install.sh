#!/usr/bin/env bash
# Makes .venv from requirements.lock, every file checked against its digest. Does nothing when .venv already fits.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

venv=.venv
stamp=$venv/.installed-from
wanted=$(cat requirements.lock pyproject.toml | sha256sum | cut -d' ' -f1)
from_lock=(--require-hashes --only-binary :all: -r requirements.lock)
project=(--no-deps --no-build-isolation --editable .) # what builds it is in the lock too

version_of() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo none
}

is_usable() { # the environment runs and, where PYTHON names a version, has that one
    [ "$(version_of $venv/bin/python)" != none ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version_of $venv/bin/python)" = "$(version_of "$PYTHON")" ]
}

# uv is some fifteen times as fast as pip; pip fetches it, once, by the same lock.
install_uv() {
    [ ! -x $venv/bin/uv ] || return 0
    awk '/^uv==/ { found = 1 } found { print; if (!/\\$/) exit }' requirements.lock >$venv/uv.lock
    pip --require-hashes --only-binary :all: -r $venv/uv.lock
}

pip() { # asked for nothing but what the lock names
    $venv/bin/python -m pip install -qq --disable-pip-version-check "$@"
}

uv() {
    $venv/bin/uv pip install -q --python $venv/bin/python "$@"
}

if is_usable && [ "$(cat $stamp 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
if ! is_usable; then
    python=$(tools/python.sh)
    echo "Making $venv with Python $(version_of "$python")"
    "$python" -m venv --clear $venv
fi
rm -f $stamp
echo "Installing the locked packages (about 15 seconds, more on a slow line)"
if install_uv && uv "${from_lock[@]}"; then
    uv "${project[@]}"
else
    echo "That did not work; trying with pip, which takes a few minutes"
    pip "${from_lock[@]}"
    pip "${project[@]}"
fi
echo "$wanted" >$stamp
