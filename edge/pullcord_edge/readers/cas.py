"""CAS and AND-type indicators: `ST,GS,<id><lamp>, 12.345 kg` and shorter variants."""

from dataclasses import replace

from .ad import read_ad
from .event import Event, Measurement

KINDS = {"GS": "gross", "NT": "net"}


def read_cas(text: str) -> Event | None:
    """What one line means. The lamp byte has bit 7 set and may be any such byte."""
    kind = text.split(",")[1].strip() if text.count(",") >= 2 else ""
    event = read_ad(text)
    if isinstance(event, Measurement) and kind in KINDS:
        return replace(event, facts={"kind": KINDS[kind]})
    return event
