"""The symbols of what lies in a wire."""

from collections.abc import Iterator
from typing import assert_never

from .wiring import GROUND, Part

_PAPER = "#f7f9fb"


def draw_part(part: Part, x: float, y: float, line: str) -> Iterator[str]:
    """The symbol, centred on the wire at x."""
    match part:
        case Part.SERIES:
            yield _resistor(x, y, line)
            yield _label(x, y - 13, part.value)
        case Part.SWITCH:
            yield (
                f'<rect x="{x - 20}" y="{y - 3}" width="40" height="6" fill="{_PAPER}"/>'
                f'<circle cx="{x - 19}" cy="{y}" r="4" fill="{line}"/>'
                f'<circle cx="{x + 19}" cy="{y}" r="4" fill="{line}"/>'
                f'<line x1="{x - 19}" y1="{y}" x2="{x + 15}" y2="{y - 13}" stroke="{line}" '
                'stroke-width="3" stroke-linecap="round"/>'
            )
        case Part.DIVIDER:
            yield from _divider(x, y, line)
        case Part.TRANSISTOR:
            yield from _transistor(x, y, line)
        case Part.DRIVER | Part.SHIFTER | Part.RS232:
            yield (
                f'<rect x="{x - 50}" y="{y - 13}" width="100" height="26" rx="4" fill="#fff" '
                f'stroke="#52606d" stroke-width="1.5"/>'
            )
            words = "driver channel" if part is Part.DRIVER else part.value
            yield _label(x, y + 4, words)
        case _:
            assert_never(part)


def _resistor(x: float, y: float, line: str) -> str:
    return (
        f'<rect x="{x - 20}" y="{y - 7}" width="40" height="14" fill="#fff" stroke="{line}" '
        'stroke-width="2"/>'
    )


def _divider(x: float, y: float, line: str) -> Iterator[str]:
    """1 kΩ in the wire, 2 kΩ from the Pi's side of it to ground."""
    yield _resistor(x + 30, y, line)
    yield _label(x + 30, y - 12, "1 kΩ")
    node = x - 30
    yield (
        f'<circle cx="{node}" cy="{y}" r="4.5" fill="{line}"/>'
        f'<line x1="{node}" y1="{y}" x2="{node}" y2="{y + 54}" stroke="{line}" stroke-width="3"/>'
        f'<rect x="{node - 7}" y="{y + 10}" width="14" height="32" fill="#fff" stroke="{line}" '
        'stroke-width="2"/>'
    )
    yield f'<text x="{node + 14}" y="{y + 30}" class="note">2 kΩ</text>'
    for place, half in enumerate((14, 9, 4)):
        at = y + 54 + place * 4
        yield (
            f'<line x1="{node - half}" y1="{at}" x2="{node + half}" y2="{at}" stroke="{GROUND}" '
            'stroke-width="2"/>'
        )
    yield f'<text x="{node + 22}" y="{y + 60}" class="note">GND</text>'


def _transistor(x: float, y: float, line: str) -> Iterator[str]:
    yield (
        f'<circle cx="{x}" cy="{y}" r="15" fill="#fff" stroke="#52606d" stroke-width="1.5"/>'
        f'<line x1="{x - 15}" y1="{y}" x2="{x - 5}" y2="{y}" stroke="{line}" stroke-width="3"/>'
        f'<line x1="{x - 5}" y1="{y - 9}" x2="{x - 5}" y2="{y + 9}" stroke="#1f2933" '
        'stroke-width="2.5"/>'
        f'<path d="M{x - 5} {y - 3} L{x + 6} {y - 10} L{x + 6} {y} L{x + 15} {y}" fill="none" '
        'stroke="#1f2933" stroke-width="1.8"/>'
        f'<path d="M{x - 5} {y + 3} L{x + 6} {y + 10}" fill="none" stroke="#1f2933" '
        'stroke-width="1.8"/>'
        f'<path d="M{x + 6} {y + 10} l-5.5 -0.6 l2.6 -4 z" fill="#1f2933"/>'
    )
    yield _label(x, y - 18, "NPN")


def _label(x: float, y: float, words: str) -> str:
    return f'<text x="{x}" y="{y}" class="part">{words}</text>'
