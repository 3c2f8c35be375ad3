"""One entry of a page as JSON text and back."""

from typing import Final, assert_never

from pullcord_wire import field
from pullcord_wire.document import Doubled, check_json, dump, parse
from pullcord_wire.field import Fields
from pullcord_wire.instant import format_instant
from pullcord_wire.message import (
    CODE_TYPES,
    JSON,
    Body,
    CallBody,
    CodeBody,
    DeviceBody,
    EmptyBody,
    Entry,
    EntryType,
    LevelBody,
    RawBody,
    SelftestBody,
    UndoBody,
    WireError,
)

PAGE_BYTES: Final = 256 * 1024
"""The longest page a station sends."""
PAGE_ROOM: Final = PAGE_BYTES - 4 * 1024
"""What a page has for its entries; the rest is its head's."""
ENTRY_BYTES: Final = 120 * 1024
"""The longest entry a station may record: as the body of a `raw` one, at most doubled, it fits."""


_read_type: Final = field.choice(EntryType)


def encode_entry(entry: Entry) -> str:
    """`entry` as a station may record it: compact JSON; WireError unless a server will read it."""
    text = write_entry(entry)
    size = len(text.encode())
    limit = PAGE_ROOM if entry.type is EntryType.RAW else ENTRY_BYTES
    if size > limit:
        raise WireError("", f"has {size} bytes, at most {limit} can be recorded")
    if decode_entry(text) != entry:
        raise WireError("", f"does not mean the same when read back: {text[:200]}")
    return text


def decode_entry(text: str) -> Entry:
    """The entry of JSON text as `encode_entry` writes it; WireError when it cannot be read."""
    return read_entry(parse(text))


def write_entry(entry: Entry) -> str:
    """`entry` as compact JSON text; WireError for what JSON or UTF-8 cannot hold."""
    value: dict[str, JSON] = {"seq": entry.seq, "type": entry.type.value}
    value |= _write_body(entry.body)
    value["at"] = write_instant(entry.at, "at")
    value["up"] = float(entry.up)
    value["clock"] = entry.clock.value
    return dump(value)


def write_instant(at: int, path: str) -> str:
    """`at` as RFC 3339; WireError outside the years 1970 to 9999."""
    if not 0 <= at <= field.INSTANT_MAX:
        raise WireError(path, f"must be of the years 1970 to 9999, is {at} ms since 1970")
    return format_instant(at)


def read_entry(value: object) -> Entry:
    """The entry a parsed value describes; WireError, with its path in the entry, if it does not."""
    fields = field.fields_of(value)
    kind = _read_type(fields, "type")
    return Entry(
        seq=field.integer(fields, "seq", low=1),
        type=kind,
        body=_read_body(kind, fields),
        at=field.instant(fields, "at"),
        up=_read_up(fields),
        clock=field.clock_state(fields, "clock"),
    )


def read_seq(value: object) -> int | None:
    """The number a parsed entry bears, even where the rest of it cannot be read."""
    if not isinstance(value, dict) or (isinstance(value, Doubled) and "seq" in value.twice):
        return None
    try:
        return field.integer(value, "seq", low=1)
    except WireError:
        return None


def _read_up(fields: Fields) -> float:
    up = field.number(fields, "up")
    if up < 0:
        raise WireError("up", f"must not be negative, is {up!r}")
    return up


def _read_body(kind: EntryType, fields: Fields) -> Body:
    if kind in CODE_TYPES:
        return CodeBody(field.name(fields, "reader"), field.filled(fields, "code"))
    match kind:
        case EntryType.LEVEL:
            return LevelBody(
                sensor=field.name(fields, "sensor"),
                value=field.number(fields, "value"),
                empty=field.flag(fields, "empty"),
            )
        case EntryType.CALL:
            return CallBody(
                button=field.name(fields, "button"),
                call=field.name(fields, "call"),
                pressed=field.flag(fields, "pressed"),
            )
        case EntryType.UNDO:
            return UndoBody(field.entry_id(fields, "of"))
        case EntryType.DEVICE:
            return DeviceBody(
                field.name(fields, "device"), field.optional(field.filled, fields, "fault")
            )
        case EntryType.SELFTEST:
            return SelftestBody(check_json(field.take(fields, "report"), "report"))
        case EntryType.RAW:
            return RawBody(field.text(fields, "body"))
        case _:
            return EmptyBody()


def _write_body(body: Body) -> dict[str, JSON]:
    match body:
        case CodeBody(reader, code):
            return {"reader": reader, "code": code}
        case LevelBody(sensor, value, empty):
            return {"sensor": sensor, "value": float(value), "empty": empty}
        case CallBody(button, call, pressed):
            return {"button": button, "call": call, "pressed": pressed}
        case UndoBody(of):
            return {"of": of}
        case DeviceBody(device, fault):
            return {"device": device, "fault": fault}
        case SelftestBody(report):
            return {"report": check_json(report, "report")}
        case RawBody(text):
            return {"body": text}
        case EmptyBody():
            return {}
        case _:
            assert_never(body)
