#!/usr/bin/env bash
# Prints the newest supported Python that really runs and can make virtual environments. PYTHON=… decides instead.
set -euo pipefail

# A name on the PATH proves nothing: version switchers leave commands behind that only print an error.
version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

is_supported() {
    case "$1" in 3.11 | 3.12 | 3.13) return 0 ;; *) return 1 ;; esac
}

makes_environments() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

say_what_is_missing() { # version
    echo "Python $1 is here but cannot make a virtual environment. Install what it lacks, then run the command again:" >&2
    echo "    apt-get install python$1-venv" >&2
    echo "(with sudo, when you are not root)" >&2
    exit 1
}

if [ -n "${PYTHON:-}" ]; then
    version=$(version_of "$PYTHON") || { echo "PYTHON=$PYTHON does not run" >&2 && exit 1; }
    is_supported "$version" || { echo "PYTHON=$PYTHON is Python $version; Postlude needs 3.11, 3.12 or 3.13" >&2 && exit 1; }
    makes_environments "$PYTHON" || say_what_is_missing "$version"
    echo "$PYTHON"
    exit 0
fi

newest_without_venv=
for candidate in python3.13 python3.12 python3.11 python3; do
    version=$(version_of "$candidate") && is_supported "$version" || continue
    if makes_environments "$candidate"; then
        echo "$candidate"
        exit 0
    fi
    newest_without_venv=${newest_without_venv:-$version}
done
[ -z "$newest_without_venv" ] || say_what_is_missing "$newest_without_venv"

echo "No Python 3.11, 3.12 or 3.13 was found. Install one, then run the command again, or name one with PYTHON=…:" >&2
echo "    apt-get install python3 python3-venv" >&2
exit 1
