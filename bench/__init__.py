"""The measurements of the design: ours and a hand-made floor in the same run. `python -m bench --help`."""
