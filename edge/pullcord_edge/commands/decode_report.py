"""What a driver said, as JSON and as lines for people."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pullcord_edge.readers.event import (
    CardRead,
    Event,
    Measurement,
    Noise,
    Send,
    Status,
    TagsPresent,
)

Row: TypeAlias = Mapping[str, object]
Report: TypeAlias = dict[str, list[dict[str, object]]]
STABLE = {True: "stable", False: "not stable"}


def to_report(events: Iterable[Event], *, bits: bool = False) -> Report:
    """The JSON of events: reads, values, noise, and what the device says besides (status)."""
    report: Report = {"reads": [], "values": [], "noise": [], "status": []}
    for event in events:
        match event:
            case CardRead(code, symbology, facts):
                named = {"symbology": symbology} if symbology else {}
                report["reads"].append({**facts, "code": code, **named})
            case Measurement(value, unit, stable, facts):
                number = int(value) if float(value).is_integer() else value
                report["values"].append({**facts, "value": number, "unit": unit, "stable": stable})
            case Noise(data, reason):
                report["noise"].append(_noise(data, reason, bits))
            case TagsPresent(codes):
                report["status"].append({"present": sorted(codes)})
            case Status(facts):
                report["status"].append(dict(facts))
            case Send():
                pass
    return report


def to_text(report: Report) -> list[str]:
    """The report for people, a line for each thing."""
    lines = [f"read    {_plain(read['code'])}{_rest(read, 'code')}" for read in report["reads"]]
    for value in report["values"]:
        moving = STABLE.get(bool(value["stable"])) if value["stable"] is not None else ""
        amount = " ".join(str(part) for part in (value["value"], value["unit"] or "", moving))
        lines.append(f"value   {amount.strip()}{_rest(value, 'value', 'unit', 'stable')}")
    lines += [f"noise   {noise['hex']}  {noise['reason']}" for noise in report["noise"]]
    lines += [f"status {_rest(status)}" for status in report["status"]]
    return lines or ["nothing"]


def _plain(value: object) -> str:
    """Text that any terminal can show: separators and the like as escapes."""
    return str(value).encode("unicode_escape").decode("ascii")


def _rest(row: Row, *left_out: str) -> str:
    return "".join(f"  {key}={_plain(value)}" for key, value in row.items() if key not in left_out)


def _noise(data: bytes, reason: str, bits: bool) -> dict[str, object]:
    if not bits:
        return {"hex": data.hex().upper(), "reason": reason}
    text = "".join(str(min(bit, 1)) for bit in data)
    size = (len(text) + 7) // 8
    return {"hex": f"{int(text or '0', 2):0{size * 2}X}", "reason": reason, "bits": text}
