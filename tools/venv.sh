#!/bin/sh
# Makes the virtual environment; says plainly what is missing. usage: venv.sh PYTHON FOLDER
set -eu
python=$1
folder=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "ecops needs Python 3.11 or newer; $python is not. Name another one: make PYTHON=python3.12 ..." >&2
    exit 1
}
[ -x "$folder/bin/python" ] && exit 0
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    # Debian and Ubuntu split this part of Python off.
    if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    else
        echo "Python's venv module is missing. Install it once: sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
"$python" -m venv "$folder"
