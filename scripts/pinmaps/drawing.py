"""A station's wiring as SVG: the header on the left, a card for each device on the right."""

import re
import textwrap
from collections.abc import Iterator
from html import escape
from typing import Final

from .header import GROUNDS, POWER, ROWS, name_of
from .part import draw_part
from .wiring import FIVE, GROUND, THREE, USB, Card, Row

WIDTH: Final = 1240
_TOP, _PITCH, _PIN = 132, 27, 22
_ODD_X, _EVEN_X = 208, 238
_CARD_X, _CARD_W = 490, 722
_ROW, _WRAP, _WRAP_BOLD, _LINE = 38, 108, 92, 17
_UNIT: Final = re.compile(r"(\d) (V|Ω|kΩ|mA|A|m|nF)\b")
_STYLE: Final = """
svg { font-family: "DejaVu Sans", "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px; fill: #1f2933 }
.title { font-size: 22px; font-weight: 700 } .sub { fill: #52606d }
.pin { font-size: 11px; font-weight: 700; text-anchor: middle; fill: #fff }
.name { font-size: 12px } .free { fill: #707e8c } .use { font-weight: 600 }
.head { font-size: 15px; font-weight: 700 } .note { font-size: 12px; fill: #52606d }
.warn { font-size: 12px; font-weight: 600; fill: #7a1f1f }
.part { font-size: 11px; text-anchor: middle; fill: #1f2933 }
.badge { font-size: 11.5px; font-weight: 700; text-anchor: middle; fill: #fff }
"""


def draw(title: str, subtitle: str, cards: list[Card]) -> str:
    """The whole picture."""
    y, bodies = _TOP - 30, []
    for card in cards:
        height = _height(card)
        bodies.append("\n".join(_draw_card(card, y, height)))
        y += height + 14
    height = max(y + 30, _TOP + ROWS * _PITCH + 110)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" aria-label="{escape(title)}">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="28" y="42" class="title">{escape(title)}</text>',
        f'<text x="28" y="66" class="sub">{escape(subtitle)}</text>',
        *_draw_header(_uses(cards)),
        *_draw_legend(_TOP + ROWS * _PITCH + 22),
        *bodies,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _uses(cards: list[Card]) -> dict[int, tuple[str, str]]:
    """Physical pin → the colour of its wire, and for what it is used."""
    uses: dict[int, list[tuple[str, str]]] = {}
    for card in cards:
        for row in card.rows:
            end = row.end.split(" · ")[0]
            label = _label(card, end)
            uses.setdefault(row.pin, []).append((row.colour, label))
            if row.end_pin is not None:
                colour = GROUND if row.end_pin in GROUNDS else THREE
                uses.setdefault(row.end_pin, []).append((colour, end))
    return {pin: (found[0][0], _join([label for _, label in found])) for pin, found in uses.items()}


def _label(card: Card, end: str) -> str:
    """A wire's name at the header: short, since the card tells the rest."""
    if card.title in ("buttons and cords", "bins"):
        return end
    is_supply = end.startswith(("GND", "VCC", "emitter", "buzzer"))
    return card.title if is_supply else f"{card.title} · {end}"


def _join(labels: list[str]) -> str:
    """A few words for all that is on one pin."""
    names = list(dict.fromkeys(labels))
    return names[0] if len(names) == 1 else f"{len(names)} wires"


def _draw_header(uses: dict[int, tuple[str, str]]) -> Iterator[str]:
    top = _TOP - 30
    yield f'<text x="28" y="{top - 6}" class="note">Seen from above, USB sockets below.</text>'
    bottom = ROWS * _PITCH + 16
    yield (
        f'<rect x="{_ODD_X - 20}" y="{top}" width="70" height="{bottom}" rx="8" fill="#22303c"/>'
    )
    for pin in range(1, 2 * ROWS + 1):
        yield from _draw_pin(pin, top + 8 + (pin - 1) // 2 * _PITCH, uses.get(pin))


def _draw_pin(pin: int, y: float, use: tuple[str, str] | None) -> Iterator[str]:
    odd = pin % 2 == 1
    x = _ODD_X if odd else _EVEN_X
    middle = y + _PITCH / 2
    fill = _fill(pin, use)
    text = "#22303c" if fill in ("#ffffff", "#54626f") and use else "#fff"
    shape = 'rx="3"' if pin == 1 else f'rx="{_PIN / 2}"'
    edge = ' stroke="#fff" stroke-width="2"' if use else ""
    yield (
        f'<rect x="{x - 11}" y="{middle - 11}" width="{_PIN}" height="{_PIN}" {shape} '
        f'fill="{fill}"{edge}/>'
    )
    yield f'<text x="{x}" y="{middle + 4}" class="pin" style="fill:{text}">{pin}</text>'
    anchor, at = ("end", _ODD_X - 28) if odd else ("start", _EVEN_X + 28)
    kind = "name" if use else "name free"
    words = f'<tspan class="{kind}">{name_of(pin)}</tspan>'
    if use:
        label = f'<tspan class="name use">{escape(use[1])}</tspan>'
        words = f"{label}  {words}" if odd else f"{words}  {label}"
        end = _ODD_X - 11 if odd else _EVEN_X + 11
        line = "#9aa5b1" if fill == "#ffffff" else fill
        yield (
            f'<line x1="{end}" y1="{middle}" x2="{at + (4 if odd else -4)}" y2="{middle}" '
            f'stroke="{line}" stroke-width="3"/>'
        )
    yield (
        f'<text x="{at}" y="{middle + 4}" text-anchor="{anchor}" xml:space="preserve">{words}</text>'
    )


def _fill(pin: int, use: tuple[str, str] | None) -> str:
    if pin in GROUNDS:
        return "#000000" if use else "#46525e"
    if pin in POWER:
        return FIVE if POWER[pin] == "5 V" else THREE
    return use[0] if use else "#54626f"


def _draw_legend(y: float) -> Iterator[str]:
    yield f'<rect x="28" y="{y}" width="448" height="64" rx="8" fill="#fdecea"/>'
    lines = (
        "Every pin takes 3.3 V at most. 5 V on a GPIO destroys the Pi.",
        "Wire with the power off; count the pins from the square one.",
        "The lamps are production signals, never a safety function.",
    )
    for place, line in enumerate(lines):
        yield f'<text x="42" y="{y + 20 + place * _LINE}" class="warn">{line}</text>'


def _height(card: Card) -> int:
    notes = sum(len(_wrap(note)) for note in card.notes)
    warning = len(_wrap(card.warning, _WRAP_BOLD)) * _LINE + 16 if card.warning else 0
    extra = 52 * sum(_is_divider(row) for row in card.rows)
    usb = 44 if card.usb else 0
    return 44 + len(card.rows) * _ROW + extra + usb + notes * _LINE + warning + 10


def _is_divider(row: Row) -> bool:
    return any(part.value == "divider" for part in row.parts)


def _wrap(text: str, width: int = _WRAP) -> list[str]:
    """Lines of a text; a number stays with its unit."""
    return textwrap.wrap(_UNIT.sub("\\1\u00a0\\2", text), width)


def _draw_card(card: Card, y: int, height: int) -> Iterator[str]:
    yield (
        f'<rect x="{_CARD_X}" y="{y}" width="{_CARD_W}" height="{height}" rx="10" fill="#f7f9fb" '
        'stroke="#d5dde5"/>'
    )
    yield (
        f'<text x="{_CARD_X + 18}" y="{y + 27}"><tspan class="head">{escape(card.title)}</tspan>'
        f'<tspan class="note" dx="10">{escape(card.about)}</tspan></text>'
    )
    at = y + 44
    for row in card.rows:
        yield from _draw_row(row, at + _ROW / 2)
        at += _ROW + 52 * _is_divider(row)
    if card.usb:
        yield from _draw_usb(card.usb, at + 18)
        at += 44
    for note in card.notes:
        for line in _wrap(note):
            yield f'<text x="{_CARD_X + 18}" y="{at + 13}" class="note">{escape(line)}</text>'
            at += _LINE
    if card.warning:
        lines = _wrap(card.warning, _WRAP_BOLD)
        yield (
            f'<rect x="{_CARD_X + 12}" y="{at + 2}" width="{_CARD_W - 24}" '
            f'height="{len(lines) * _LINE + 10}" rx="6" fill="#fdecea"/>'
        )
        for line in lines:
            yield f'<text x="{_CARD_X + 20}" y="{at + 19}" class="warn">{escape(line)}</text>'
            at += _LINE


def _draw_row(row: Row, y: float) -> Iterator[str]:
    left, right = _CARD_X + 168, _CARD_X + 410
    line = "#9aa5b1" if row.colour == "#ffffff" else row.colour
    yield f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" stroke="{line}" stroke-width="3"/>'
    yield from _draw_badge(row.pin, _CARD_X + 18, y, row.colour)
    step = (right - left) / (len(row.parts) + 1)
    for place, part in enumerate(row.parts, start=1):
        yield from draw_part(part, left + step * place, y, line)
    if row.end_pin is not None:
        colour = GROUND if row.end_pin in GROUNDS else THREE
        yield from _draw_badge(row.end_pin, right, y, colour)
        yield f'<text x="{right + 162}" y="{y + 4}">{escape(row.end)}</text>'
        return
    yield (
        f'<circle cx="{right}" cy="{y}" r="8" fill="{row.colour}" stroke="#52606d" '
        'stroke-width="1.5"/>'
    )
    yield f'<text x="{right + 18}" y="{y + 4}">{escape(row.end)}</text>'


def _draw_badge(pin: int, x: float, y: float, colour: str) -> Iterator[str]:
    text = "#22303c" if colour in ("#ffffff", "#f0a202") else "#fff"
    edge = ' stroke="#52606d"' if colour == "#ffffff" else ""
    yield (
        f'<rect x="{x}" y="{y - 13}" width="150" height="26" rx="13" fill="{colour}"{edge}/>'
        f'<text x="{x + 75}" y="{y + 4}" class="badge" style="fill:{text}">'
        f"pin {pin} · {name_of(pin)}</text>"
    )


def _draw_usb(url: str, y: float) -> Iterator[str]:
    x = _CARD_X + 18
    yield (
        f'<rect x="{x}" y="{y - 12}" width="34" height="24" rx="3" fill="#fff" stroke="{USB}" '
        f'stroke-width="2"/><rect x="{x + 7}" y="{y - 5}" width="7" height="5" fill="{USB}"/>'
        f'<rect x="{x + 20}" y="{y - 5}" width="7" height="5" fill="{USB}"/>'
        f'<line x1="{x + 34}" y1="{y}" x2="{x + 76}" y2="{y}" stroke="{USB}" stroke-width="4"/>'
        f'<text x="{x + 88}" y="{y + 4}">a USB socket of the Pi: <tspan class="use">{escape(url)}'
        "</tspan></text>"
    )
