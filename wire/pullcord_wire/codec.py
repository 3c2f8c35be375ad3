"""The one codec: every message of the wire as bytes and back. Nothing but WireError is raised."""

from collections.abc import Callable
from typing import Final, TypeAlias, TypeVar, assert_never, cast

from pullcord_wire import field
from pullcord_wire.document import FRAME_BYTES, check_json, dump, parse, read_text, show
from pullcord_wire.entry import (
    ENTRY_BYTES,
    PAGE_BYTES,
    PAGE_ROOM,
    decode_entry,
    encode_entry,
    write_instant,
)
from pullcord_wire.field import Fields, within
from pullcord_wire.message import (
    JSON,
    Ack,
    Command,
    Event,
    Lamps,
    LampsMessage,
    Message,
    Page,
    Pattern,
    Report,
    Status,
    Verdict,
    VerdictMessage,
    WireError,
)
from pullcord_wire.page import PAGE_ENTRIES, fit, read_page, write_page

__all__ = [
    "ENTRY_BYTES",
    "FRAME_BYTES",
    "PAGE_BYTES",
    "PAGE_ENTRIES",
    "PAGE_ROOM",
    "decode",
    "decode_entry",
    "encode",
    "encode_entry",
    "fit",
]

M = TypeVar("M", bound=Message)
_pattern: Final = field.choice(Pattern)
_verdict: Final = field.choice(Verdict)
_Plain: TypeAlias = Ack | Status | VerdictMessage | LampsMessage | Command | Report | Event


def encode(message: Message) -> bytes:
    """`message` as compact JSON in UTF-8; WireError for what JSON, UTF-8 or a frame cannot hold."""
    text = write_page(message) if isinstance(message, Page) else dump(_write(message))
    data = text.encode()
    if len(data) > FRAME_BYTES:
        raise WireError("", f"has {len(data)} bytes, at most {FRAME_BYTES} would be read")
    return data


def decode(kind: type[M], data: bytes) -> M:
    """The message of class `kind` in `data`; WireError when it cannot be read."""
    text = read_text(data)
    fields = field.fields_of(parse(text))
    message = read_page(fields, text) if kind is Page else _READERS[kind](fields)
    return cast(M, message)


def _write(message: _Plain) -> dict[str, JSON]:
    match message:
        case Ack(journal, upto, re, server, now):
            return {
                "journal": journal,
                "upto": upto,
                "re": str(re),
                "server": server,
                "now": write_instant(now, "now"),
            }
        case Status():
            return _write_status(message)
        case VerdictMessage(journal, seq, verdict, card, text):
            return {
                "journal": journal,
                "seq": seq,
                "verdict": verdict.value,
                "card": card,
                "text": text,
            }
        case LampsMessage(revision, server, lamps):
            return {"revision": revision, "server": server, "lamps": _write_lamps(lamps)}
        case Command(id, command, body) | Report(id, command, body):
            return {"id": id, "command": command, "body": check_json(body, "body")}
        case Event():
            return _write_event(message)
        case _:
            assert_never(message)


def _write_status(status: Status) -> dict[str, JSON]:
    will: dict[str, JSON] = {"online": status.online, "journal": status.journal}
    if status == Status(online=False, journal=status.journal):
        return will
    return will | {
        "backlog": status.backlog,
        "server": status.server,
        "heard": None if status.heard is None else write_instant(status.heard, "heard"),
        "lamps_revision": status.lamps_revision,
        "lamps": _write_lamps(status.lamps),
        "version": status.version,
        "clock": status.clock.value,
        "faults": list(status.faults),
    }


def _write_lamps(lamps: Lamps) -> dict[str, JSON]:
    return {
        light: {colour: pattern.value for colour, pattern in colours.items()}
        for light, colours in lamps.items()
    }


def _write_event(event: Event) -> dict[str, JSON]:
    subject: dict[str, JSON] = {} if event.subject is None else {"subject": event.subject}
    refill: dict[str, JSON] = {"refill": True} if event.refill else {}
    return {
        "specversion": _SPECVERSION,
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "time": write_instant(event.at, "time"),
        **subject,
        "datacontenttype": _CONTENT_TYPE,
        "data": check_json(event.data, "data"),
        **refill,
    }


def _read_ack(fields: Fields) -> Ack:
    return Ack(
        journal=field.journal_id(fields, "journal"),
        upto=field.integer(fields, "upto"),
        re=field.ask(fields, "re"),
        server=field.name(fields, "server"),
        now=field.instant(fields, "now"),
    )


def _read_status(fields: Fields) -> Status:
    online = field.flag(fields, "online")
    journal = field.journal_id(fields, "journal")
    if not online and fields.keys().isdisjoint(_STATUS_KEYS):
        return Status(online, journal)
    return Status(
        online=online,
        journal=journal,
        backlog=field.integer(fields, "backlog"),
        server=field.optional(field.name, fields, "server"),
        heard=field.optional(field.instant, fields, "heard"),
        lamps_revision=field.optional(field.integer, fields, "lamps_revision"),
        lamps=_read_lamps(fields),
        version=field.optional(field.name, fields, "version"),
        clock=field.clock_state(fields, "clock"),
        faults=_read_faults(fields),
    )


def _read_faults(fields: Fields) -> tuple[str, ...]:
    faults = {
        f"faults[{place}]": fault for place, fault in enumerate(field.items(fields, "faults"))
    }
    return tuple(field.filled(faults, path) for path in faults)


def _read_lamps(fields: Fields) -> Lamps:
    value = field.take(fields, "lamps")
    with within("lamps"):
        lights = field.fields_of(value)
        return {field.key(light): _read_light(lights, light) for light in lights}


def _read_light(lights: Fields, light: str) -> dict[str, Pattern]:
    with within(field.key(light)):
        colours = field.fields_of(lights[light])
        return {field.key(colour): _pattern(colours, colour) for colour in colours}


def _read_verdict(fields: Fields) -> VerdictMessage:
    return VerdictMessage(
        journal=field.journal_id(fields, "journal"),
        seq=field.integer(fields, "seq", low=1),
        verdict=_verdict(fields, "verdict"),
        card=field.optional(field.name, fields, "card"),
        text=field.text(fields, "text"),
    )


def _read_lamps_message(fields: Fields) -> LampsMessage:
    return LampsMessage(
        revision=field.integer(fields, "revision"),
        server=field.name(fields, "server"),
        lamps=_read_lamps(fields),
    )


def _read_command(fields: Fields) -> Command:
    return Command(field.name(fields, "id"), field.name(fields, "command"), _read_body(fields))


def _read_report(fields: Fields) -> Report:
    return Report(field.name(fields, "id"), field.name(fields, "command"), _read_body(fields))


def _read_body(fields: Fields) -> JSON:
    return check_json(fields.get("body"), "body")


def _read_event(fields: Fields) -> Event:
    for key, only in (("specversion", _SPECVERSION), ("datacontenttype", _CONTENT_TYPE)):
        if field.text(fields, key) != only:
            raise WireError(key, f"must be {only}, is {show(fields[key])}")
    return Event(
        id=field.name(fields, "id"),
        source=field.name(fields, "source"),
        type=field.name(fields, "type"),
        at=field.instant(fields, "time"),
        subject=field.name(fields, "subject") if "subject" in fields else None,
        data=check_json(field.take(fields, "data"), "data"),
        refill=field.flag(fields, "refill") if "refill" in fields else False,
    )


_SPECVERSION: Final = "1.0"
_CONTENT_TYPE: Final = "application/json"
_STATUS_KEYS: Final = frozenset(Status.__dataclass_fields__) - {"online", "journal"}
_READERS: Final[dict[type, Callable[[Fields], Message]]] = {
    Ack: _read_ack,
    Status: _read_status,
    VerdictMessage: _read_verdict,
    LampsMessage: _read_lamps_message,
    Command: _read_command,
    Report: _read_report,
    Event: _read_event,
}
