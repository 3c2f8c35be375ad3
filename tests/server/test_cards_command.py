"""`pullcord-server cards print`: what is printed is read back by the decoder of a scanner's maker."""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from sqlalchemy import text

from pullcord_server.commands import main
from pullcord_server.domain.code import Printed, parse
from pullcord_server.storage.engine import open_engine
from support.day import PLANT

LONG = PLANT.replace('id = "BH"', 'id = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-12345"')


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    site = PLANT.split('site = "')[1].split('"')[0]
    (tmp_path / "server.toml").write_text(
        f'site = "{site}"\ndatabase = "sqlite:///pullcord.db"\naccess = "open"\n'
    )
    (tmp_path / "plant.toml").write_text(PLANT)
    assert main(["apply", "plant.toml"]) == 0
    return tmp_path


def pages(pdf: Path) -> Iterator[list[str]]:
    """The codes of each page, as a scanner reads them, in the order of their places."""
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            picture = page.render(scale=200 / 72).to_pil()
            found = zxingcpp.read_barcodes(picture)
            found.sort(key=lambda b: (b.position.top_left.y // 100, b.position.top_left.x))
            yield [barcode.text for barcode in found]


def words(pdf: Path) -> str:
    """What is written on the first page."""
    with pypdfium2.PdfDocument(pdf) as document:
        found: str = document[0].get_textpage().get_text_range()
        return found


def decisions(folder: Path) -> list[str]:
    engine = open_engine(f"sqlite:///{folder / 'pullcord.db'}")
    with engine.connect() as connection:
        found = list(
            connection.execute(text("SELECT action FROM decision ORDER BY number")).scalars()
        )
    engine.dispose()
    return found


@pytest.mark.parametrize("code", ["qr", "code128"])
def test_every_code_is_read_back(folder: Path, code: str) -> None:
    assert main(["cards", "print", "BH", "GK", "--out", "cards.pdf", "--code", code]) == 0
    (found,) = pages(folder / "cards.pdf")
    assert [parse(c) for c in found] == [
        *(Printed(f"BH-{n:03d}", 1) for n in range(1, 5)),
        *(Printed(f"GK-{n:03d}", 1) for n in range(1, 4)),
    ]
    assert decisions(folder) == ["apply"]  # the first print is version 1 already


def test_a_card_says_what_a_worker_must_know(folder: Path) -> None:
    assert main(["cards", "print", "BH-002", "--out", "card.pdf"]) == 0
    said = words(folder / "card.pdf")
    for word in ("Withdrawal kanban", "2 of 4", "Hose", "hose", "20", "machining > assembly"):
        assert word in said, said
    assert "BH-002" in said


def test_nine_cards_take_two_sheets(folder: Path) -> None:
    (folder / "plant.toml").write_text(PLANT.replace("cards = 4", "cards = 9"))
    assert main(["apply", "plant.toml"]) == 0
    assert main(["cards", "print", "BH", "--out", "cards.pdf"]) == 0
    assert [len(page) for page in pages(folder / "cards.pdf")] == [8, 1]


def test_the_longest_code_is_read_back_and_is_too_long_for_bars(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = LONG[LONG.index("[[loop]]") : LONG.index('[[loop]]\nid = "GK"')]
    (folder / "plant.toml").write_text(PLANT + own)
    assert main(["apply", "plant.toml"]) == 0
    card = "ABCDEFGHIJKLMNOPQRSTUVWXYZ-12345-001"
    assert main(["cards", "print", card, "--out", "card.pdf"]) == 0
    assert [[parse(c) for c in page] for page in pages(folder / "card.pdf")] == [[Printed(card, 1)]]
    assert main(["cards", "print", card, "--out", "card.pdf", "--code", "code128"]) == 1
    assert "is too long for bars on a card; use --code qr" in capsys.readouterr().err


def test_a_new_print_is_a_new_version_and_a_decision(folder: Path) -> None:
    arguments = ["cards", "print", "BH-001", "--out", "card.pdf"]
    assert main([*arguments, "--reason", "torn", "--by", "lead-7"]) == 0
    assert main([*arguments, "--reason", "lost it"]) == 0
    assert main(arguments) == 0  # as it is
    assert [[parse(c) for c in page] for page in pages(folder / "card.pdf")] == [
        [Printed("BH-001", 3)]
    ]
    assert decisions(folder) == ["apply", "print", "print"]


def test_an_svg_has_the_same_cards(folder: Path) -> None:
    assert main(["cards", "print", "BH", "--out", "cards.svg"]) == 0
    drawn = (folder / "cards.svg").read_text()
    assert 'width="210mm" height="297mm"' in drawn
    assert drawn.count("Withdrawal kanban") == 4
    assert "PC-BH-004-1-" in drawn


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["BHA", "--out", "c.pdf"], 'there is no loop or card BHA; did you mean "BH"?'),
        (["BH-009", "--out", "c.pdf"], 'there is no loop or card BH-009; did you mean "BH-00'),
        (["BH", "--out", "c.png"], "c.png: ends neither with .pdf nor with .svg; name it so"),
        (["BH", "--out", "no/such/folder/c.pdf"], "No such file or directory"),
        (["BH", "--out", "c.pdf", "--font", "server.toml"], "server.toml: is no TrueType font"),
    ],
)
def test_what_cannot_be_printed_is_refused_and_makes_no_version(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["cards", "print", *arguments, "--reason", "torn"]) == 1
    assert says in capsys.readouterr().err
    assert decisions(folder) == ["apply"]


def test_signs_that_the_font_has_not_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "plant.toml").write_text(PLANT.replace('"Hose"', '"ホース"'))
    assert main(["apply", "plant.toml"]) == 0
    assert main(["cards", "print", "BH", "--out", "cards.pdf"]) == 0
    assert "the font has no スホー; name one that has with --font" in capsys.readouterr().err
