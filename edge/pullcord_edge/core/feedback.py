"""What a worker sees and hears at once: the look and the sound of each answer. Data alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from pullcord_edge.core.setting import COLOURS
from pullcord_wire.message import Pattern, Verdict

Look: TypeAlias = Mapping[str, Pattern]
"""Colour → pattern; every colour that is not there is off."""

ON, SLOW, FAST = Pattern.ON, Pattern.SLOW, Pattern.FAST


@dataclass(frozen=True, slots=True)
class Show:
    """A look for `for_s` seconds, and beeps: seconds of sound, of silence, of sound, …"""

    look: Look
    for_s: float
    beeps: tuple[float, ...] = ()


class Notice(StrEnum):
    """What the station itself has to say."""

    KEPT = "kept"
    CALLED = "called"
    UNDONE = "undone"
    REFUSED = "refused"
    TESTED = "tested"


SHORT: Final = (0.08,)
TWICE: Final = (0.08, 0.12, 0.08)
LONG: Final = (0.6,)
THRICE: Final = (0.3, 0.15, 0.3, 0.15, 0.3)

#: After the beep a drop is on disk; the call's own light comes from the server.
NOTICES: Final[Mapping[Notice, Show]] = {
    Notice.KEPT: Show({"green": ON}, 0.7, SHORT),
    Notice.CALLED: Show({"blue": ON}, 0.7, SHORT),
    Notice.UNDONE: Show({"green": FAST, "amber": ON}, 1.5, TWICE),
    Notice.REFUSED: Show({"red": ON}, 1.0, LONG),
    Notice.TESTED: Show({"white": ON}, 1.0, SHORT),
}

#: The server's word on the last drop. Accepted needs no second beep; no two looks are the same.
VERDICTS: Final[Mapping[Verdict, Show]] = {
    Verdict.ACCEPTED: Show({"green": ON}, 1.0),
    Verdict.DUPLICATE: Show({"amber": FAST}, 2.0, TWICE),
    Verdict.UNKNOWN: Show({"red": FAST}, 2.0, LONG),
    Verdict.UNBOUND: Show({"red": FAST, "blue": ON}, 2.0, LONG),
    Verdict.MISREAD: Show({"red": FAST, "amber": ON}, 2.0, LONG),
    Verdict.MISPLACED: Show({"red": FAST, "white": ON}, 2.0, LONG),
    Verdict.BLOCKED: Show({"red": ON}, 2.0, LONG),
    Verdict.HOLD: Show({"red": ON, "blue": ON}, 2.0, LONG),
    Verdict.RETIRED: Show({"red": ON, "white": ON}, 2.0, LONG),
    Verdict.OLD_PRINT: Show({"amber": ON, "white": ON}, 2.0, LONG),
    Verdict.TAKE_OUT: Show({"white": SLOW}, 3.0, THRICE),
    Verdict.NOT_IN_STATE: Show({"red": ON, "amber": ON}, 2.0, LONG),
    Verdict.MISMATCH: Show({"red": FAST, "amber": FAST}, 2.0, LONG),
    Verdict.EXPIRED: Show({"red": SLOW}, 2.0, LONG),
}

IDENTIFY: Final = Show(dict.fromkeys(COLOURS, FAST), 10.0, (0.3, 0.3) * 16)
"""Which of the stations is it: everything blinks and beeps."""

LINK_LOST: Final[Look] = {"white": FAST}
"""Alone, from the start until the first fresh answer, and 5 s after the last."""
FAILING: Final[Look] = {"red": ON, "white": SLOW}
"""The disk does not keep what is read: never with a beep."""
MAINTENANCE: Final[Look] = {"white": SLOW}
"""Beside what the server wants: a device is broken, or two servers or stations are where one should be."""
