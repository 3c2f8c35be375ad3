#!/bin/sh
# The long runs: kills, power cuts, random plants.
set -eu
scripts/system.sh soak
exec .venv/bin/python -m pytest -m soak -s "$@"
