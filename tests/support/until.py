"""Waiting for what another process or thread does, with an end and words for what did not come."""

import time
from collections.abc import Callable

LONG_S = 30.0
"""Longer than anything takes here; a wait that runs out fails its test."""

BUSY_S = 6.0
"""What a busy machine may add to a promise of seconds."""


def until(
    condition: Callable[[], object], what: str, within_s: float = LONG_S, every_s: float = 0.005
) -> None:
    """Return as soon as `condition` holds; fail with `what` did not come about."""
    give_up = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < give_up, f"not within {within_s:g} s: {what}"
        time.sleep(every_s)
