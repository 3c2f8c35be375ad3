"""The steps of a simulation, one a line: what people type, and what it means."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from pullcord_edge.readers.option import did_you_mean

HELP: Final = """\
drop READER CODE       hold a card to a reader (also: READER CODE)
send READER HEX        let a reader send these very bytes
unplug READER          pull a reader out
plug READER            plug it in again
level SENSOR empty|full
press BUTTON [SECONDS] press a button, and let it go
wait SECONDS
help
quit"""


@dataclass(frozen=True, slots=True)
class Drop:
    """Hold a card to a reader."""

    reader: str
    code: str


@dataclass(frozen=True, slots=True)
class Send:
    """Let a reader send these bytes."""

    reader: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Plug:
    """Plug a reader in, or pull it out."""

    reader: str
    plugged: bool


@dataclass(frozen=True, slots=True)
class SetLevel:
    """A sensor's place is empty, or full."""

    sensor: str
    empty: bool


@dataclass(frozen=True, slots=True)
class Press:
    """Press a button for so long."""

    button: str
    for_s: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for so long."""

    for_s: float


@dataclass(frozen=True, slots=True)
class Help:
    """Show what can be typed."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the simulation."""


Step: TypeAlias = Drop | Send | Plug | SetLevel | Press | Wait | Help | Quit


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the names that a step may use."""

    readers: frozenset[str]
    sensors: frozenset[str]
    buttons: frozenset[str]


def read_step(line: str, cast: Cast) -> Step | None:
    """The step of a line; None for a blank one or a comment. ValueError says what is wrong."""
    words = line.split("#", 1)[0].split()
    if not words:
        return None
    verb, *rest = words
    if verb not in _VERBS and verb in cast.readers:
        verb, rest = "drop", words
    if verb not in _VERBS:
        raise ValueError(f'"{verb}" is no step{did_you_mean(verb, _VERBS)}')
    least, most, read = _VERBS[verb]
    if not least <= len(rest) <= most:
        raise ValueError(f"{verb}: {len(rest)} words behind it; type help")
    return read(rest, cast)


def _named(name: str, names: frozenset[str], kind: str) -> str:
    if name not in names:
        raise ValueError(f'there is no {kind} "{name}"{did_you_mean(name, sorted(names))}')
    return name


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise ValueError(f'"{text}" is no number of seconds')
    return seconds


def _read_drop(words: list[str], cast: Cast) -> Step:
    return Drop(_named(words[0], cast.readers, "reader"), words[1])


def _read_send(words: list[str], cast: Cast) -> Step:
    try:
        data = bytes.fromhex("".join(words[1:]))
    except ValueError:
        raise ValueError(f'"{" ".join(words[1:])}" is not hex, two digits a byte') from None
    return Send(_named(words[0], cast.readers, "reader"), data)


def _read_level(words: list[str], cast: Cast) -> Step:
    if words[1] not in ("empty", "full"):
        raise ValueError(f'"{words[1]}" is neither empty nor full')
    return SetLevel(_named(words[0], cast.sensors, "sensor"), words[1] == "empty")


def _read_press(words: list[str], cast: Cast) -> Step:
    for_s = _seconds(words[1]) if len(words) > 1 else 0.2
    return Press(_named(words[0], cast.buttons, "button"), for_s)


def _read_plug(plugged: bool) -> Callable[[list[str], Cast], Step]:
    return lambda words, cast: Plug(_named(words[0], cast.readers, "reader"), plugged)


#: Verb → least and most words behind it, and how they are read.
_VERBS: Final[Mapping[str, tuple[int, int, Callable[[list[str], Cast], Step]]]] = {
    "drop": (2, 2, _read_drop),
    "send": (2, 200, _read_send),
    "plug": (1, 1, _read_plug(True)),
    "unplug": (1, 1, _read_plug(False)),
    "level": (2, 2, _read_level),
    "press": (1, 2, _read_press),
    "wait": (1, 1, lambda words, _: Wait(_seconds(words[0]))),
    "help": (0, 0, lambda _words, _cast: Help()),
    "quit": (0, 0, lambda _words, _cast: Quit()),
}
