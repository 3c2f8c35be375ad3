"""Topics of the wire: `pullcord/v1/{site}/{station}/{kind}`, and the events of a site."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pullcord_wire.message import WireError

ROOT: Final = "pullcord/v1"
NAME_LENGTH: Final = 64
_EVENTS: Final = "events"
_RESERVED: Final = frozenset("/+#*>")


class Kind(StrEnum):
    """The last level of a station's topic: which message it carries."""

    JOURNAL = "journal"
    STATUS = "status"
    ACK = "ack"
    VERDICT = "verdict"
    LAMPS = "lamps"
    COMMAND = "command"
    REPORT = "report"


_KINDS: Final = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Address:
    """Whose message a topic carries, and which."""

    site: str
    station: str
    kind: Kind


def check_name(name: str, path: str = "name") -> str:
    """`name` itself when it can stand in a topic of any broker; WireError at `path` otherwise."""
    if not name:
        raise WireError(path, "must not be empty")
    if len(name) > NAME_LENGTH:
        raise WireError(path, f"has {len(name)} characters, at most {NAME_LENGTH} are allowed")
    for character in name:
        if character in _RESERVED or character.isspace() or not character.isprintable():
            raise WireError(
                path, f"must not contain {character!a} (no spaces, controls, / + # * >)"
            )
    return name


def check_station(name: str, path: str = "station") -> str:
    """`name` itself when a station may bear it: a good name that is not the word `events`."""
    if name == _EVENTS:
        raise WireError(path, "must not be `events`: that topic belongs to the site")
    return check_name(name, path)


def topic(site: str, station: str, kind: Kind) -> str:
    """The topic of one kind of message of one station."""
    return f"{ROOT}/{check_name(site, 'site')}/{check_station(station)}/{kind.value}"


def subscription(site: str, kind: Kind) -> str:
    """The filter for one kind of message of every station of a site."""
    return f"{ROOT}/{check_name(site, 'site')}/+/{kind.value}"


def events_topic(site: str, event_type: str) -> str:
    """The topic of a site's business events of one type, such as `order.released`."""
    if event_type in _KINDS:
        raise WireError("type", f"must not be `{event_type}`: that is a station's topic")
    return f"{ROOT}/{check_name(site, 'site')}/{_EVENTS}/{check_name(event_type, 'type')}"


def parse_topic(text: str) -> Address:
    """The address a station's topic names; WireError for every other topic."""
    if len(text) > len(ROOT) + 2 * NAME_LENGTH + 16:
        raise WireError("topic", f"has {len(text)} characters, too many for a station's topic")
    levels = text.split("/")
    if len(levels) != 5 or "/".join(levels[:2]) != ROOT:
        raise WireError("topic", f"must be {ROOT}/<site>/<station>/<kind>, is {text!a}")
    _, _, site, station, kind = levels
    try:
        known = Kind(kind)
    except ValueError:
        choices = ", ".join(Kind)
        raise WireError("topic.kind", f"must be one of {choices}, is {kind!a}") from None
    return Address(check_name(site, "topic.site"), check_station(station, "topic.station"), known)
