"""The log: one line an event on stderr, in logfmt; the journal of the system adds time and unit."""

import sys
from collections.abc import Mapping
from typing import Final, TextIO

from pullcord_edge.core.effect import Say, Weight

_PLAIN: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+@,()"
)
_LONG: Final = 500
_PRIORITY: Final[Mapping[Weight, str]] = {
    Weight.INFO: "<6>",
    Weight.WARNING: "<4>",
    Weight.ERROR: "<3>",
}


def write_line(say: Say) -> str:
    """`event=kept seq=7 code=0A00B41F2C`, quoted where it must be, cut where it is long."""
    facts = {"event": say.event, **say.facts}
    return " ".join(f"{key}={_write_value(value)}" for key, value in facts.items())


class Log:
    """Writes lines to `stream`; with `priorities`, as systemd reads them."""

    def __init__(self, stream: TextIO = sys.stderr, priorities: bool = False) -> None:
        self._stream = stream
        self._priorities = priorities

    def write(self, say: Say) -> None:
        """One line. Where nobody reads any more, nothing happens."""
        mark = _PRIORITY[say.weight] if self._priorities else f"level={say.weight} "
        try:
            self._stream.write(f"{mark}{write_line(say)}\n")
            self._stream.flush()
        except (OSError, ValueError):
            return


def _write_value(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case _:
            text = str(value)
    if len(text) > _LONG:
        text = text[:_LONG] + "…"
    if text and all(character in _PLAIN for character in text):
        return text
    return f'"{"".join(_write_character(character) for character in text)}"'


def _write_character(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else character.encode("unicode_escape").decode()
