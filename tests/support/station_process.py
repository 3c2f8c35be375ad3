"""`pullcord-edge run` as a real process on a pty, and what its log and its journal say."""

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.process import Process, command
from support.tty import Tty, rdm6300_frame, scanner_line

_KEPT = re.compile(rb"event=(\w+) seq=(\d+) reader=(\S+) code=(\S+)")
_SEQ_BITS = 40


@dataclass(frozen=True, slots=True)
class Kept:
    """A read that was shown and beeped: its number in the run, and the code."""

    run: int
    seq: int
    type: str
    code: str


@dataclass(frozen=True, slots=True)
class Held:
    """An entry of a station's journal file."""

    journal: str
    seq: int
    entry: dict[str, Any]


class StationProcess:
    """One station with one reader; `driver` is `rdm6300` or `line`.

    `before` goes in front of its command, `environment` to it alone.
    """

    def __init__(
        self,
        folder: Path,
        *,
        station: str,
        broker: str,
        site: str = "s1",
        driver: str = "rdm6300",
        role: str = "withdrawal",
        journal: Path | None = None,
        extra: str = "",
        before: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = station
        self.journal = journal or folder / "journal.db"
        self.tty = Tty(folder / "reader")
        self.kept: list[Kept] = []
        self._frame = rdm6300_frame if driver == "rdm6300" else scanner_line
        self._repeats = 2 if driver == "rdm6300" else 1
        self._read = 0
        config = folder / "station.toml"
        config.write_text(
            f"""\
site = "{site}"
station = "{station}"

[broker]
url = "{broker}"

[journal]
path = "{self.journal}"

[[reader]]
name = "post"
driver = "{driver}"
port = "{self.tty.path}"
role = "{role}"

[[light]]
name = "stack"
pins = {{ red = 5, amber = 6, green = 13, blue = 19, white = 26 }}
{extra}
"""
        )
        arguments = [*before, *command("pullcord-edge"), "run", "--config", str(config)]
        pins = {"GPIOZERO_PIN_FACTORY": "mock"} | dict(environment or {})
        self.process = Process(arguments, folder / "station.log", pins)

    def start(self) -> None:
        """Start it; it reads as soon as it has opened the port."""
        self.process.start()

    def kill(self) -> None:
        """SIGKILL."""
        self.process.kill()

    def close(self) -> None:
        """End it whatever its state, and unplug the reader."""
        self.process.kill()
        self.tty.unplug()

    def present(self, code: str) -> bool:
        """Hold a card before the reader for a moment; False: nobody listens."""
        return self.tty.write(self._frame(code) * self._repeats)

    def look(self) -> list[Kept]:
        """The reads kept and beeped since the last look, from the log."""
        if not self.process.log.exists():
            return []
        with self.process.log.open("rb") as log:
            log.seek(self._read)
            data = log.read()
        end = data.rfind(b"\n") + 1
        self._read += end
        new = [
            Kept(self.process.starts, int(match[2]), match[1].decode(), match[4].decode())
            for match in _KEPT.finditer(data[:end])
        ]
        self.kept += new
        return new

    def held(self) -> list[Held]:
        """Every entry of the journal file, oldest first."""
        with sqlite3.connect(f"file:{self.journal}?mode=ro", uri=True) as connection:
            heads = dict(connection.execute("SELECT n, head FROM journal"))
            rows = connection.execute("SELECT key, body FROM entry ORDER BY key").fetchall()
        connection.close()
        ids = {n: json.loads(head)["id"] for n, head in heads.items()}
        numbered = ((key >> _SEQ_BITS, key & (1 << _SEQ_BITS) - 1, body) for key, body in rows)
        return [Held(ids[n], seq, json.loads(body)) for n, seq, body in numbered if seq > 0]
