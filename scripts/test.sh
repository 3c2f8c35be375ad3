#!/bin/sh
# All tests; a file stays on one worker. One worker more than cores: many wait for processes they began.
set -eu
exec .venv/bin/python -m pytest -n "${WORKERS:-$(($(nproc) + 1))}" --dist loadfile -m "not soak" "$@"
