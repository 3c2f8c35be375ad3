"""Printed cards: A7 each, eight on an A4 sheet with lines to cut along, as PDF or SVG (reportlab)."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, Final, Literal

import reportlab
from reportlab.graphics import renderPDF, renderSVG
from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.graphics.shapes import Drawing, Group, Line, Rect, String
from reportlab.lib.colors import Color, black, lightgrey, white
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from pullcord_server.domain.label import Code, Label

SHEET = (210 * mm, 297 * mm)
CARD = (105 * mm, 74 * mm)
_ACROSS, _DOWN = 2, 4
_EDGE = 6 * mm
#: The narrowest bar that printers of a shop print, and scanners read.
_NARROWEST = 0.2 * mm
_FONTS = Path(reportlab.__file__).parent / "fonts"
PLAIN, BOLD = "Card", "CardBold"
#: Its stubs have no types.
_barcode: Final[Any] = createBarcodeDrawing


class FontError(ValueError):
    """A font that cannot be used; the text says why."""


class TooLong(ValueError):
    """A code whose bars would be too narrow; the text says what helps."""


def choose_font(path: Path | None) -> None:
    """The font of all letters: a TrueType file, else one that is shipped (western letters)."""
    for name, shipped in ((PLAIN, "Vera.ttf"), (BOLD, "VeraBd.ttf")):
        file = _FONTS / shipped if path is None else path
        try:
            pdfmetrics.registerFont(TTFont(name, str(file)))
        except (TTFError, OSError) as error:
            raise FontError(f"{file}: is no TrueType font: {error}") from None


def missing_signs(labels: Iterable[Label]) -> str:
    """Signs that the font does not have, each once."""
    font = pdfmetrics.getFont(PLAIN)
    assert isinstance(font, TTFont)
    known = font.face.charToGlyph
    signs = {sign for label in labels for text in label.texts() for sign in text}
    return "".join(sorted(sign for sign in signs if ord(sign) not in known))


def pdf_of(labels: Sequence[Label], code: Code) -> bytes:
    """The sheets as one PDF."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=SHEET)
    canvas.setTitle("Kanban cards")
    for sheet in _sheets(labels, code):
        drawing = Drawing(*SHEET)
        drawing.add(sheet)
        renderPDF.draw(drawing, canvas, 0, 0)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def svg_of(labels: Sequence[Label], code: Code) -> bytes:
    """The sheets as one SVG, each below the one before."""
    sheets = list(_sheets(labels, code))
    width, height = SHEET
    drawing = Drawing(width, height * len(sheets))
    for number, sheet in enumerate(reversed(sheets)):
        sheet.translate(0, height * number)
        drawing.add(sheet)
    text: str = renderSVG.drawToString(drawing)
    size = f'width="{drawing.width}" height="{drawing.height}"'
    true = f'width="{drawing.width / mm:g}mm" height="{drawing.height / mm:g}mm"'
    # modules of a code lie edge to edge: no seams between them
    return text.replace(size, f'shape-rendering="crispEdges" {true}', 1).encode()


def _sheets(labels: Sequence[Label], code: Code) -> Iterable[Group]:
    each = _ACROSS * _DOWN
    for start in range(0, len(labels), each):
        sheet = Group()
        for place, label in enumerate(labels[start : start + each]):
            row, column = divmod(place, _ACROSS)
            card = _card(label, code)
            card.translate(column * CARD[0], SHEET[1] - (row + 1) * CARD[1])
            sheet.add(card)
        yield sheet


def _card(label: Label, code: Code) -> Group:
    """One card, its lower left corner at the origin."""
    width, height = CARD
    card = Group()
    cut, band = Rect(0, 0, width, height), Rect(_EDGE, height - 14 * mm, width - 2 * _EDGE, 8 * mm)
    cut.setProperties({"fillColor": None, "strokeColor": lightgrey, "strokeWidth": 0.5})
    band.setProperties({"fillColor": black, "strokeColor": None})
    card.add(cut)
    card.add(band)
    inner = width - 2 * _EDGE
    _write(card, _EDGE + 2 * mm, height - 11.7 * mm, label.title, 12, inner * 0.55, BOLD, white)
    end = width - _EDGE - 2 * mm
    _write(card, end, height - 11.7 * mm, label.place, 12, inner * 0.35, BOLD, white, "end")
    _write(card, _EDGE, height - 24 * mm, label.name, 20, inner, BOLD)
    _write(card, _EDGE, height - 31 * mm, label.item, 12, inner, PLAIN)
    left = inner - 32 * mm if code is Code.QR else inner
    if code is Code.QR:
        _write(card, _EDGE, 29 * mm, str(label.quantity), 30, left, BOLD)
        _write(card, _EDGE, 20 * mm, label.way, 11, left, PLAIN)
        card.add(Line(_EDGE, 17.5 * mm, _EDGE + left - 4 * mm, 17.5 * mm, strokeColor=lightgrey))
        _write(card, _EDGE, 11.5 * mm, label.card, 14, left, BOLD)
        _write(card, _EDGE, 6.5 * mm, label.code, 8, left, PLAIN)
    else:
        _write(card, _EDGE, 32 * mm, str(label.quantity), 26, left * 0.3, BOLD)
        _write(card, width - _EDGE, 35 * mm, label.way, 11, left * 0.65, PLAIN, black, "end")
        _write(card, width - _EDGE, 29.5 * mm, label.card, 14, left * 0.65, BOLD, black, "end")
        _write(card, width / 2, 5 * mm, label.code, 8, left, PLAIN, black, "middle")
    card.add(_code(label.code, code))
    return card


def _code(text: str, code: Code) -> Group:
    """The code at its place on a card, with the quiet zone it needs."""
    if code is Code.QR:
        size = 34 * mm
        drawing = _barcode(
            "QR", value=text, barLevel="M", barWidth=size, barHeight=size, barBorder=4
        )
        place = (CARD[0] - _EDGE - size + 4 * mm, 3 * mm)
    else:
        modules = 11 * (len(text) + 2) + 13 + 20  # start and check, stop, quiet zones
        if (CARD[0] - _EDGE) / modules < _NARROWEST:
            raise TooLong(f"{text} is too long for bars on a card; use --code qr")
        drawing = _barcode(
            "Code128", value=text, barHeight=17 * mm, width=CARD[0] - _EDGE, height=17 * mm
        )
        place = ((CARD[0] - drawing.width) / 2, 9 * mm)
    group = Group(*drawing.contents)
    group.transform = drawing.transform
    placed = Group(group)
    placed.translate(*place)
    return placed


def _write(
    card: Group,
    x: float,
    y: float,
    text: str,
    size: float,
    room: float,
    font: str,
    colour: Color = black,
    anchor: Literal["start", "middle", "end"] = "start",
) -> None:
    """A line of text, smaller where its room is too narrow."""
    width = pdfmetrics.stringWidth(text, font, size)
    fitting = size if width <= room else size * room / width
    card.add(
        String(x, y, text, fontName=font, fontSize=fitting, fillColor=colour, textAnchor=anchor)
    )
