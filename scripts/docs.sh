#!/bin/sh
# Write what is generated in docs/ anew.
set -eu
.venv/bin/python scripts/states_doc.py
.venv/bin/python -m scripts.pinmaps
