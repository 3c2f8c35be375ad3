"""The floor: what a hand-made program of one page does for the same promise, with nothing else around it."""
