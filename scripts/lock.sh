#!/bin/sh
# Lock every dependency anew, with hashes and without the address of an index (needs uv).
set -eu
exec uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
    --generate-hashes --no-header --no-emit-index-url -q -o requirements.lock "$@"
