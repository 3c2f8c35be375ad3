#!/bin/sh
# All tests, on as many workers as there are cores; a file stays on one worker.
set -eu
exec .venv/bin/python -m pytest -n "${WORKERS:-auto}" --dist loadfile -m "not soak" "$@"
