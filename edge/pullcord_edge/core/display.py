"""The words at the post: what a two-line display says, and until when. Pure; `now` in seconds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from textwrap import wrap
from typing import Final, TypeAlias

from pullcord_edge.readers import display

SHOWN_S: Final = 60.0
"""The last drop's words stay so long; older ones would be taken for news."""
LINK_LOST: Final = "link lost: kept here"
FAILING: Final = ("NOTHING IS KEPT", "call maintenance")
TESTING: Final = "self-test"

Rows: TypeAlias = tuple[str, str]
"""The upper and the lower row."""


@dataclass(frozen=True, slots=True)
class DisplaySpec:
    """One kind of display: what it is sent when its port was opened, and for two rows."""

    begin: Callable[[], bytes]
    rows: Callable[[str, str], bytes]


DISPLAYS: Final[Mapping[str, DisplaySpec]] = {
    "cd5220": DisplaySpec(display.cd5220_begin, display.cd5220_rows),
    "epson-dm-d": DisplaySpec(display.epson_begin, display.epson_rows),
}


def verdict_rows(card: str, text: str) -> Rows:
    """The card over the text; of `goods: what is wrong` what is wrong is never cut off."""
    goods, parted, wrong = text.rpartition(": ")
    if len(wrong) <= display.COLUMNS:
        return (goods, wrong) if parted else (card, text)
    first, second = [*wrap(wrong, display.COLUMNS), ""][:2]
    return first, second


@dataclass(slots=True)
class Words:
    """Set what is so, `say` what happens, ask `rows`.

    Failing is over a self-test, that over the last drop, the last drop over the station's name.
    """

    station: str
    link_lost: bool = True
    failing: bool = False
    step: str | None = None
    _last: Rows = ("", "")
    _until: float = -inf

    def say(self, rows: Rows, now: float) -> None:
        """This is the newest."""
        self._last, self._until = rows, now + SHOWN_S

    def rows(self, now: float) -> Rows:
        """What is to be read."""
        if self.failing:
            return FAILING
        if self.step is not None:
            return TESTING, self.step
        if now < self._until:
            return self._last
        return self.station, LINK_LOST if self.link_lost else ""

    def next_at(self, now: float) -> float:
        """When to ask again at the latest; `inf`: when something happens."""
        return self._until if now < self._until else inf
