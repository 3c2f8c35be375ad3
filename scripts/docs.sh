#!/bin/sh
# Write what is generated in docs/ anew.
set -eu
.venv/bin/python scripts/states_doc.py
.venv/bin/python -m scripts.pinmaps
.venv/bin/python scripts/faults_doc.py
GPIOZERO_PIN_FACTORY=mock .venv/bin/python scripts/doctor_doc.py
.venv/bin/python scripts/selftest_doc.py
