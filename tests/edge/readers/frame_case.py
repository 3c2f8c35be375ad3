"""Frames of real devices, and what a driver makes of a list of chunks."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pullcord_edge.readers.catalogue import Source, build, find
from pullcord_edge.readers.event import CardRead, Driver, Event, Measurement, Noise, Send

DATA = Path(__file__).parent / "data"
#: Later than every ending by silence.
LONG_AFTER = 3600.0


@dataclass(frozen=True, slots=True)
class FrameCase:
    """One case of the file."""

    id: str
    driver: str
    data: bytes
    options: Mapping[str, str]
    expect: Mapping[str, Any]
    status: Mapping[str, Any]
    printed: Mapping[str, str]
    raw: Mapping[str, Any]


def cases() -> list[FrameCase]:
    """All cases of the files."""
    files = [DATA / "frames.json", DATA / "more_frames.json"]
    return [_case(row) for path in files for row in json.loads(path.read_text())["cases"]]


def _case(row: Mapping[str, Any]) -> FrameCase:
    bits = find(row["driver"]).source is Source.BITS
    data = bytes(int(bit) for bit in row["bits"]) if bits else bytes.fromhex(row["hex"])
    options = {key: row[key] for key in ("model", "variant", "format") if key in row}
    return FrameCase(
        row["id"],
        row["driver"],
        data,
        options,
        row["expect"],
        row.get("status", {}),
        row.get("printed", {}),
        row,
    )


def decode(driver: Driver, data: bytes) -> list[Event]:
    """What the bytes mean when silence follows."""
    return [*driver.feed(data, 0.0), *driver.tick(LONG_AFTER)]


def decode_with(name: str, data: bytes, **options: str | float | bool) -> list[Event]:
    """The same, of a new driver."""
    return decode(build(name, options), data)


def good(events: Iterable[Event]) -> list[CardRead | Measurement]:
    """The reads and values."""
    return [event for event in events if isinstance(event, CardRead | Measurement)]


def codes(events: Iterable[Event]) -> list[str]:
    """The codes read."""
    return [event.code for event in events if isinstance(event, CardRead)]


def noise(events: Iterable[Event]) -> list[Noise]:
    """The rejected things."""
    return [event for event in events if isinstance(event, Noise)]


def sent(events: Iterable[Event]) -> list[bytes]:
    """What is to be written to the device."""
    return [event.data for event in events if isinstance(event, Send)]
