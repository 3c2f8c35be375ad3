"""docs/commands.md names every command of both programs, and nothing that is not there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOC = (Path(__file__).parents[1] / "docs" / "commands.md").read_text()
PROGRAMS = {"pullcord-edge": "At the station", "pullcord-server": "At the server"}


def commands_of(program: str) -> set[str]:
    """The subcommands that the program's own help lists."""
    package = program.replace("-", "_")
    start = f"import sys; from {package}.commands import main; sys.exit(main(['--help']))"
    done = subprocess.run([sys.executable, "-c", start], capture_output=True, text=True, check=True)
    listed = done.stdout.split("commands:")[-1] if "commands:" in done.stdout else done.stdout
    return set(re.findall(r"^ {4}([a-z][a-z-]+)(?:\s|$)", listed, re.MULTILINE))


def documented(program: str) -> set[str]:
    section = DOC.split(f"## {PROGRAMS[program]}")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([a-z-]+)", section, re.MULTILINE))


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_command_is_documented(program: str) -> None:
    there = commands_of(program)
    assert there, "no command found in the help"
    assert documented(program) == there
