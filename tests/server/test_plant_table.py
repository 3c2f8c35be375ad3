"""A plant as tables: CSV files and workbooks say the same as plant.toml, and every problem names its cell."""

import csv
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import tomli_w
from sqlalchemy import select

from pullcord_server.commands import main
from pullcord_server.desk.state import PLANT
from pullcord_server.domain.plant_file import parse_plant, read_plant
from pullcord_server.domain.plant_table import TABLES, Cell, Grid, Tables, value_of
from pullcord_server.domain.problem import WrongFile
from pullcord_server.storage.engine import open_engine

FULL = (Path(__file__).parent / "data" / "plant.toml").read_text()
SPREAD = tomllib.loads(FULL)


def cell(head: str, value: Any) -> Cell:
    """A value of plant.toml as somebody types it into a cell."""
    if head in ("shifts", "breaks"):
        return " ".join("-".join(span) for span in value)
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    assert isinstance(value, str | int | float)
    return value


def flat(table: Mapping[str, Any]) -> dict[str, Cell]:
    """A table's cells by their heads."""
    found: dict[str, Cell] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            found |= {f"{key}.{k}": cell(k, v) for k, v in value.items()}
        else:
            found[key] = cell(key, value)
    return found


def grid(name: str, tables: Sequence[Mapping[str, Any]], file: str | None = None) -> Grid:
    """Tables as one grid, a column for every key that any of them has."""
    rows = [flat(table) for table in tables]
    heads = list(dict.fromkeys(head for row in rows for head in row))
    cells = [[row.get(head) for head in heads] for row in rows]
    return Grid(file or f"{name}.csv", name, [heads, *cells])


def grids(spread: Mapping[str, Any] = SPREAD) -> list[Grid]:
    """A whole plant as grids."""
    head = {k: v for k, v in spread.items() if k in ("site", "timezone", "calendar")}
    found = [grid("plant", [head])]
    return found + [grid(n, spread[k]) for n, k in TABLES.items() if k in spread]


def problems(found: list[Grid], now: str = FULL) -> list[str]:
    """What is wrong with grids over the plant of now."""
    try:
        read = Tables(found, tomllib.loads(now))
        if read.problems:
            raise WrongFile(read.problems)
        read_plant(read)
    except WrongFile as wrong:
        return [str(problem) for problem in wrong.problems]
    return []


def test_tables_say_the_same_as_the_plant_file() -> None:
    read = Tables(grids(), {})
    assert read.problems == []
    assert read_plant(read) == parse_plant(FULL)
    assert parse_plant(tomli_w.dumps(read.table)) == parse_plant(FULL)


def test_a_table_that_is_not_given_stays_as_it_is() -> None:
    loops = [dict(SPREAD["loop"][0], cards=9), *SPREAD["loop"][1:]]
    read = Tables([grid("loops", loops)], SPREAD)
    plant = read_plant(read)
    assert plant.loops["BH-A1"].cards == 9
    assert plant.stations == parse_plant(FULL).stations


@pytest.mark.parametrize(
    ("head", "typed", "value"),
    [
        ("quantity", 20, 20),
        ("quantity", 20.0, 20),
        ("quantity", " 20 ", 20),
        ("quantity", "20 pcs", "20 pcs"),
        ("strict", True, True),
        ("strict", "Yes", True),
        ("strict", "perhaps", "perhaps"),
        ("item", 90901, "90901"),
        ("value", 4.12, "4.12"),
        ("slots", "08:00, 12:00; 16:00", ["08:00", "12:00", "16:00"]),
        ("slots", time(8, 0), ["08:00"]),
        ("cycle", "1 6 2", [1, 6, 2]),
        ("cycle", "1 six 2", [1, "six", 2]),
        ("cycle_start", datetime(2026, 11, 23), "2026-11-23"),
        ("cycle_start", date(2026, 11, 23), "2026-11-23"),
        ("calendar.shifts", "06:00-14:00 14:00-22:00", [["06:00", "14:00"], ["14:00", "22:00"]]),
    ],
)
def test_a_cell_has_the_value_that_was_meant(head: str, typed: Cell, value: Any) -> None:
    assert value_of(head, typed) == value


def test_a_wrong_cell_is_named_with_its_file_row_column_and_fix() -> None:
    loops = [dict(SPREAD["loop"][0], quantity=0, source="machning-3"), *SPREAD["loop"][1:]]
    found = problems([grid("loops", loops, "plant.xlsx[loops]")])
    assert found == [
        "plant.xlsx[loops]:2: F2 loop.BH-A1.quantity: must be at least 1, not 0; "
        "write the number of pieces in one box",
        'plant.xlsx[loops]:2: D2 loop.BH-A1.source: no process is called "machning-3"; '
        'did you mean "machining-3"?',
    ]


def test_a_column_that_is_missing_is_told_once() -> None:
    loops = [{k: v for k, v in loop.items() if k != "item"} for loop in SPREAD["loop"]]
    (found,) = problems([grid("loops", loops)])
    assert found == (
        "loops.csv:2: loop.BH-A1.item: is missing; write the id of an [[item]] (column item)"
    )


def test_a_cell_inside_a_calendar_is_named() -> None:
    processes = [{"id": "assembly-1", "pacemaker": True, "calendar": {"days": [0, 9]}}]
    processes += [{"id": p["id"]} for p in SPREAD["process"][1:]]
    (found,) = problems([grid("processes", processes)])
    assert found.startswith(
        "processes.csv:2: C2 process.assembly-1.calendar.days[1]: must be a day"
    )


@pytest.mark.parametrize(
    ("bad", "expected"),
    [
        (Grid("lops.csv", "lops", []), 'lops.csv: lops: is no table of a plant; did you mean "loops"?'),
        (Grid("items.csv", "items", []), "items.csv:1: has no heads; write in its first row id, name"),
        (Grid("items.csv", "items", [["id", "nmae"]]),
         'items.csv:1: B1 nmae: is no column of items; did you mean "name"?'),
        (Grid("items.csv", "items", [["id", "id"]]), "items.csv:1: B1 id: is there twice; leave one"),
        (Grid("plant.csv", "plant", [["site"]]), "plant.csv: must have one row below its heads, not 0"),
        (Grid("plant.csv", "plant", [["loop"], ["x"]]), "plant.csv:1: A1 loop: is no column of plant"),
    ],
)  # fmt: skip
def test_what_is_no_table_of_a_plant_is_refused(bad: Grid, expected: str) -> None:
    assert any(found.startswith(expected) for found in problems([bad])), problems([bad])


def test_a_table_is_given_once() -> None:
    (found,) = problems([grid("items", SPREAD["item"]), grid("item", SPREAD["item"])])
    assert found.startswith(
        "item.csv: item: is there twice, also in items.csv; give each table once"
    )


def test_what_other_tables_owe_is_told_of_the_plant_as_it_is() -> None:
    loops = [dict(SPREAD["loop"][0], cards=2), *SPREAD["loop"][1:]]
    found = problems([grid("loops", loops)])
    assert any(
        f.startswith("the plant as it is: tag.0A00B41F2C.card: there is no card") for f in found
    )


def test_blank_rows_and_what_begins_with_a_hash_are_kept_aside() -> None:
    items = grid("items", SPREAD["item"])
    notes: list[Sequence[Cell]] = [["# old", "x"], [], [" ", None]]
    rows = [[*items.rows[0], "# who asked"], *notes, *items.rows[1:]]
    plant = read_plant(Tables([Grid("items.csv", "items", rows)], SPREAD))
    assert plant == parse_plant(FULL)


# -- the command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "server.toml").write_text(
        f'site = "{SPREAD["site"]}"\ndatabase = "sqlite:///pullcord.db"\naccess = "open"\n'
    )
    return tmp_path


def write_csv(folder: Path, found: Grid, delimiter: str = ",") -> None:
    """A grid as the file that a spreadsheet program saves."""
    with (folder / found.file).open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(found.rows)


def write_workbook(path: Path, found: Sequence[Grid]) -> None:
    """Grids as the sheets of a workbook, with a sheet of notes."""
    book = openpyxl.Workbook()
    notes = book.active
    assert notes is not None
    notes.title = "# notes"
    for one in found:
        sheet = book.create_sheet(one.name)
        for row in one.rows:
            sheet.append(list(row))
    book.save(path)


def text_now(folder: Path) -> str:
    """The plant file that the database holds."""
    engine = open_engine(f"sqlite:///{folder / 'pullcord.db'}")
    with engine.connect() as connection:
        rows = connection.execute(select(PLANT.c.text).order_by(PLANT.c.number)).scalars().all()
    engine.dispose()
    return str(rows[-1])


def test_a_workbook_is_applied_as_the_plant_it_says(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_workbook(folder / "plant.xlsx", grids())
    assert main(["apply", "plant.xlsx"]) == 0
    assert "+ loop BH-A1: withdrawal of 90901-X0001" in capsys.readouterr().out
    assert parse_plant(text_now(folder)) == parse_plant(FULL)
    (folder / "plant.toml").write_text(FULL)
    assert main(["apply", "plant.toml"]) == 0
    assert "no changes" in capsys.readouterr().out


def test_csv_files_change_what_they_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plant.toml").write_text(FULL)
    assert main(["apply", "plant.toml"]) == 0
    loops = [dict(SPREAD["loop"][0], cards=8), *SPREAD["loop"][1:]]
    write_csv(folder, grid("loops", loops), delimiter=";")
    write_csv(folder, grid("items", SPREAD["item"]))
    capsys.readouterr()
    assert main(["apply", "loops.csv", "items.csv", "--dry-run"]) == 0
    assert main(["apply", "loops.csv", "items.csv"]) == 0
    said = capsys.readouterr().out
    assert said.count("~ loop BH-A1: cards 6 → 8; 2 cards more") == 2
    assert parse_plant(text_now(folder)).loops["BH-A1"].cards == 8


def test_a_first_csv_needs_no_site(folder: Path) -> None:
    write_csv(folder, grid("items", SPREAD["item"]))
    assert main(["apply", "items.csv"]) == 0
    assert parse_plant(text_now(folder)).site == SPREAD["site"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["loops.csv"], "loops.csv:2: F2 loop.BH-A1.quantity: must be at least 1, not 0"),
        (["plant.xlsx"], "plant.xlsx: cannot be read: "),
        (["latin.csv"], "latin.csv: is not UTF-8; save it as"),
        (["gone.csv"], "gone.csv: cannot be read: "),
        (["plant.toml", "loops.csv"], "plant.toml: is a whole plant; apply it alone, without loops.csv"),
        (["plant.xls"], "plant.xls: cannot be read"),
    ],
)  # fmt: skip
def test_files_that_are_wrong_are_refused_whole(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    (folder / "plant.toml").write_text(FULL)
    assert main(["apply", "plant.toml"]) == 0
    before = text_now(folder)
    loops = [dict(SPREAD["loop"][0], quantity=0), *SPREAD["loop"][1:]]
    write_csv(folder, grid("loops", loops))
    (folder / "plant.xlsx").write_bytes(b"not a workbook")
    (folder / "latin.csv").write_bytes("id;name\nX;Öse\n".encode("latin-1"))
    assert main(["apply", *arguments]) == 2
    assert capsys.readouterr().err.startswith(expected)
    assert text_now(folder) == before
