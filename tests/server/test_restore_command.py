"""`backup` and `restore` with files that are not what they should be, and a database that does not answer."""

from pathlib import Path

import pytest

from pullcord_server.commands import main
from support.broker import free_port
from support.house import PLANT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the configuration of a server whose database is not there yet."""
    (tmp_path / "server.toml").write_text(
        f'site = "s1"\ndatabase = "sqlite:///{tmp_path}/pullcord.db"\naccess = "open"\n'
        f'broker = "mqtt://127.0.0.1:1"\ndecisions_copy = "{tmp_path}/decisions.jsonl"\n'
    )
    (tmp_path / "plant.toml").write_text(PLANT)
    return tmp_path


def run(folder: Path, *words: str) -> int:
    return main([*words, "--config", str(folder / "server.toml")])


def test_a_backup_that_is_not_there_is_refused_and_nothing_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "restore", str(folder / "tuesday.db")) == 2
    assert "tuesday.db: is not there; name a file that" in capsys.readouterr().err
    assert not (folder / "tuesday.db").exists() and not (folder / "pullcord.db").exists()


def test_a_file_that_is_no_backup_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "restore", str(folder / "plant.toml")) == 2
    assert "plant.toml: is no backup of a server" in capsys.readouterr().err
    assert (folder / "plant.toml").read_text() == PLANT
    assert not (folder / "pullcord.db").exists()


def test_a_copy_that_cannot_be_read_stops_a_restore_before_it_begins(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = folder / "decisions.jsonl"
    copy.write_text('{"x": 1}\n')
    assert run(folder, "restore") == 1
    assert "decisions.jsonl: a line is not a decision" in capsys.readouterr().err
    copy.unlink()
    assert run(folder, "restore") == 0


def test_a_backup_comes_back_and_of_nothing_there_is_none(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = str(folder / "kept.db")
    assert run(folder, "backup", kept) == 1
    assert "there is nothing at sqlite:///" in capsys.readouterr().err
    assert run(folder, "apply", str(folder / "plant.toml")) == 0
    assert run(folder, "backup", kept) == 0
    for file in folder.glob("pullcord.db*"):
        file.unlink()
    assert run(folder, "restore", kept) == 0
    assert run(folder, "apply", str(folder / "plant.toml"), "--dry-run") == 0
    assert "no changes" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("apply", "plant.toml"), ("backup", "kept.db"), ("serve",)])
def test_a_database_that_does_not_answer_is_said_in_one_line(
    folder: Path,
    words: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/x"
    monkeypatch.setenv("PULLCORD_DATABASE", address)
    monkeypatch.chdir(folder)
    assert run(folder, *words) == 1
    said = capsys.readouterr().err
    assert said.startswith("pullcord-server: the database does not answer: ")
    assert said.count("\n") == 1 and "Connection refused" in said
