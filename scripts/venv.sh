#!/bin/sh
# A virtual environment at $1 with every locked dependency and this checkout, editable.
set -eu
venv=$1
python=${PYTHON:-python3}
"$python" - <<'PY' || exit 1
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(f"pullcord needs Python 3.11 to 3.13, this is {sys.version.split()[0]}; "
             "try `make PYTHON=python3.12 …`")
PY
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv" || {
    echo "cannot make a virtual environment; on Debian: apt install python3-venv" >&2
    exit 1
}
echo "installing packages into $venv (once) …"
"$venv/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
