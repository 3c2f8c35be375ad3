"""`pullcord-server user`: the password comes from the terminal or standard input, never an argument."""

import io
import os
import pty
import sys
import threading
from pathlib import Path

import pytest

from pullcord_server.api.user import read_users, verify
from pullcord_server.commands import main

PASSWORD = "correct horse battery"


@pytest.fixture
def users(tmp_path: Path) -> Path:
    """Where the settings say that users are."""
    return tmp_path / "users.txt"


@pytest.fixture
def config(tmp_path: Path, users: Path) -> list[str]:
    """The option that names the settings."""
    path = tmp_path / "server.toml"
    path.write_text(f'site = "s1"\nusers = "{users}"\n')
    return ["--config", str(path)]


def say(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """What comes on standard input."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_user_is_added_with_the_password_on_standard_input(
    config: list[str],
    users: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Its first line; a second time it is a new password."""
    say(monkeypatch, f"{PASSWORD}\nmore\n")
    assert main(["user", "add", "lead-7", *config]) == 0
    assert capsys.readouterr().out == "lead-7: added\n"
    assert verify(PASSWORD, read_users(users)["lead-7"].hash)
    say(monkeypatch, "another password\n")
    assert main(["user", "add", "lead-7", *config]) == 0
    assert capsys.readouterr().out == "lead-7: has a new password\n"


def test_a_person_types_the_password_twice_and_it_is_not_shown(
    config: list[str], users: Path
) -> None:
    """On a real terminal."""
    program = "import sys; from pullcord_server.commands import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "user", "add", "lead-7", *config]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, command)
    seen = b""
    for _ in range(2):
        while not seen.rstrip().endswith((b"password:", b"more:")):
            seen += os.read(terminal, 1024)
        os.write(terminal, PASSWORD.encode() + b"\n")
        seen += b"|"
    reader = threading.Thread(target=_drain, args=(terminal,))
    reader.start()
    _, status = os.waitpid(pid, 0)
    reader.join()
    assert os.waitstatus_to_exitcode(status) == 0
    assert PASSWORD.encode() not in seen
    assert verify(PASSWORD, read_users(users)["lead-7"].hash)


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 1024):
            pass
    except OSError:
        return


def test_a_user_that_is_refused_is_said_with_the_fix(
    config: list[str],
    users: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A short password, a name that cannot be, a name that is not there."""
    say(monkeypatch, "short\n")
    assert main(["user", "add", "lead-7", *config]) == 2
    assert "10 signs" in capsys.readouterr().err
    say(monkeypatch, f"{PASSWORD}\n")
    assert main(["user", "add", "lead:7", *config]) == 2
    assert "a name is" in capsys.readouterr().err
    assert main(["user", "remove", "lead-7", *config]) == 2
    assert "no user lead-7; there is none" in capsys.readouterr().err
    assert not users.exists()


def test_users_are_listed_and_removed(
    config: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By name."""
    for name in ("lead-7", "op-2"):
        say(monkeypatch, f"{PASSWORD}\n")
        main(["user", "add", name, *config])
    assert main(["user", "remove", "lead-7", *config]) == 0
    capsys.readouterr()
    assert main(["user", "list", *config]) == 0
    assert capsys.readouterr().out == "op-2\n"


def test_where_access_is_open_there_are_no_users(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And it says how there would be."""
    path = tmp_path / "open.toml"
    path.write_text('site = "s1"\naccess = "open"\n')
    assert main(["user", "list", "--config", str(path)]) == 2
    assert 'access = "users"' in capsys.readouterr().err
