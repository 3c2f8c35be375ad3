#!/bin/sh
# Everything that is checked without running the product.
set -eu
bin=.venv/bin
$bin/ruff format --check -q .
$bin/ruff check -q .
$bin/lint-imports --no-cache
$bin/mypy wire edge server tests scripts bench
