"""`pullcord-server apply`: what changes is shown, nothing is half applied, a loop goes only when it is named."""

from pathlib import Path

import pytest
from sqlalchemy import text

from pullcord_server.commands import main
from pullcord_server.storage.engine import open_engine
from support.day import PLANT

LOOP = PLANT.index('[[loop]]\nid = "GK"')
WITHOUT_GASKETS = PLANT[:LOOP] + PLANT[PLANT.index("[[station]]") :]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    site = PLANT.split('site = "')[1].split('"')[0]
    (tmp_path / "server.toml").write_text(
        f'site = "{site}"\ndatabase = "sqlite:///pullcord.db"\n'
        'broker = "mqtt://127.0.0.1:1"\naccess = "open"\n'
    )
    (tmp_path / "plant.toml").write_text(PLANT)
    return tmp_path


def lives(folder: Path, loop: str) -> set[str]:
    engine = open_engine(f"sqlite:///{folder / 'pullcord.db'}")
    with engine.connect() as connection:
        query = text("SELECT life FROM card WHERE loop = :loop")
        found = set(connection.execute(query, {"loop": loop}).scalars())
    engine.dispose()
    return found


def test_the_changes_are_shown_and_applied_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "plant.toml"]) == 0
    said = capsys.readouterr().out
    assert "+ loop BH: withdrawal of hose" in said
    assert "applied as decision" in said
    assert lives(folder, "BH") == {"circulating"}
    assert main(["apply", "plant.toml"]) == 0
    assert "no changes" in capsys.readouterr().out


def test_a_dry_run_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "plant.toml", "--dry-run"]) == 0
    assert "dry run: nothing was changed" in capsys.readouterr().out
    assert lives(folder, "BH") == set()


def test_a_wrong_file_is_refused_whole_with_every_problem(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = PLANT.replace("quantity = 20", "quantity = 0").replace(
        'consumer = "assembly"', 'consumer = "asembly"', 1
    )
    (folder / "plant.toml").write_text(wrong)
    assert main(["apply", "plant.toml"]) == 2
    problems = capsys.readouterr().err.strip().splitlines()
    assert len(problems) >= 2
    assert all(line.startswith("plant.toml:") for line in problems)
    assert any('did you mean "assembly"' in line for line in problems)
    assert lives(folder, "BH") == set()


def test_another_sites_plant_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plant.toml").write_text(PLANT.replace('site = "', 'site = "x', 1))
    assert main(["apply", "plant.toml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("plant.toml:2: site: ")
    assert "use one name in both" in said


def test_a_loop_whose_cards_circulate_goes_only_when_it_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "plant.toml"]) == 0
    (folder / "plant.toml").write_text(WITHOUT_GASKETS)
    assert main(["apply", "plant.toml"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("plant.toml: loop.GK: must not go: ")
    assert "--retire GK" in said
    assert lives(folder, "GK") == {"circulating"}
    assert main(["apply", "plant.toml", "--retire", "GK"]) == 0
    assert lives(folder, "GK") == {"retired"}
    assert lives(folder, "BH") == {"circulating"}


def test_what_a_loop_must_keep_is_told_with_its_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["apply", "plant.toml"]) == 0
    (folder / "plant.toml").write_text(PLANT.replace('item = "gasket"', 'item = "hose"'))
    assert main(["apply", "plant.toml"]) == 2
    line = PLANT[: PLANT.index('item = "gasket"')].count("\n") + 1
    said = capsys.readouterr().err
    assert said.startswith(f"plant.toml:{line}: loop.GK.item: must stay gasket, not hose: ")
