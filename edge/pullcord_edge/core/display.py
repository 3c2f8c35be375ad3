"""The words at the post: what a two-line display says, and until when. Pure; `now` in seconds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from textwrap import wrap
from typing import Final, TypeAlias

from pullcord_edge.core.feedback import Notice
from pullcord_edge.core.language import Phrases
from pullcord_edge.readers import display
from pullcord_wire.message import Verdict, VerdictMessage

SHOWN_S: Final = 60.0
"""The last drop's words stay so long; older ones would be taken for news."""

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


def verdict_rows(message: VerdictMessage) -> Rows:
    """The card over the text; of `goods: what is wrong` what is wrong is never cut off.

    In letters that no display has, a refusal is its word on the wire: it must be read.
    """
    card, text = message.card or "", message.text
    if message.verdict is not Verdict.ACCEPTED and not display.is_legible(text):
        return card, message.verdict.value.replace("_", " ")
    goods, parted, wrong = text.rpartition(": ")
    if len(wrong) <= display.COLUMNS:
        return (goods, wrong) if parted else (card, text)
    first, second = [*wrap(wrong, display.COLUMNS), ""][:2]
    return first, second


@dataclass(slots=True)
class Words:
    """Set what is so, `show` what happens, ask `rows`.

    Failing is over a self-test, that over the last drop, the last drop over the station's name.
    """

    station: str
    phrases: Phrases
    link_lost: bool = True
    failing: bool = False
    step: str | None = None
    _last: Rows = ("", "")
    _until: float = -inf

    def show_kept(self, code: str, now: float) -> None:
        """This card's drop is on disk."""
        self._show((code, self.phrases.notices[Notice.KEPT]), now)

    def show_undone(self, now: float) -> None:
        """The last drop is undone."""
        self._show((self.phrases.last_drop, self.phrases.notices[Notice.UNDONE]), now)

    def show_verdict(self, message: VerdictMessage, now: float) -> None:
        """The server's word on the last drop."""
        self._show(verdict_rows(message), now)

    def rows(self, now: float) -> Rows:
        """What is to be read."""
        if self.failing:
            return self.phrases.failing
        if self.step is not None:
            return self.phrases.testing, self.phrases.step(self.step)
        if now < self._until:
            return self._last
        return self.station, self.phrases.link_lost if self.link_lost else ""

    def next_at(self, now: float) -> float:
        """When to ask again at the latest; `inf`: when something happens."""
        return self._until if now < self._until else inf

    def _show(self, rows: Rows, now: float) -> None:
        self._last, self._until = rows, now + SHOWN_S
