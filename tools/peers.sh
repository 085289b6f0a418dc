#!/bin/sh
# Installs what benchmarks compare with into an environment of its own, each for itself, and says what cannot be had.
# usage: peers.sh PYTHON FOLDER LIST
set -eu
sh "$(dirname "$0")/venv.sh" "$1" "$2"
grep -v '^#' "$3" | while read -r peer; do
    "$2/bin/python" -m pip install --quiet --disable-pip-version-check "$peer" >/dev/null 2>&1 ||
        echo "not compared, cannot be installed here: $peer"
done
