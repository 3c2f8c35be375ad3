"""Doctor's checks of what runs: who decides, the server's answer, the clock, the stations."""

import fcntl
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.engine import make_url

from pullcord_server.desk.state import load_floor
from pullcord_server.domain.check import Check, failed, judged, passed, warned
from pullcord_server.settings import Settings
from pullcord_server.storage.model import FactRow, LeaseRow, StationRow
from pullcord_server.storage.rows import table_of

FACT, LEASE, STATION = table_of(FactRow), table_of(LeaseRow), table_of(StationRow)
EARLIEST = 1_735_689_600_000
"""2025-01-01: a clock before it is wrong."""
AHEAD, SILENT = 60_000, 10_000
_START = "start it: `pullcord-server serve`, or systemctl start pullcord-server"


def check_clock(engine: Engine | None, now: int) -> Iterator[Check]:
    """The clock is a clock of these years, and no station is far ahead of it."""
    shown = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="seconds")
    fix = "sudo timedatectl set-ntp true"
    yield judged("clock is sane", now >= EARLIEST, shown, fix)
    if engine is None:
        return
    with engine.connect() as connection:
        newest = connection.execute(select(func.max(FACT.c.at))).scalar()
    ahead = 0 if newest is None else (int(newest) - now) / 1000
    seen = f"the newest entry is {ahead:.0f} s ahead" if ahead > 0 else "no entry is ahead of it"
    yield judged("clock against stations", ahead * 1000 <= AHEAD, seen, f"{fix}, here and there")


def check_lease(settings: Settings, engine: Engine | None) -> Check:
    """Who decides for this site."""
    url = make_url(settings.database)
    if url.drivername.startswith("sqlite"):
        return _check_lock(Path(f"{url.database}.lock"))
    if engine is None:
        return passed("lease", "not looked at: no database")
    with engine.connect() as connection:
        row = connection.execute(select(LEASE).where(LEASE.c.site == settings.site)).one_or_none()
    if row is None:
        return warned("lease", "nobody decides for this site", _START)
    until = datetime.fromtimestamp(row.until_ms / 1000, UTC)
    seen = f"{row.holder} at {row.url or 'an address of its own'}, until {until:%H:%M:%S} UTC"
    return judged("lease", until.timestamp() > datetime.now(UTC).timestamp() - 5, seen, _START)


def _check_lock(path: Path) -> Check:
    """Whether a process holds the lock beside an SQLite database."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return warned("lease", "no server ever ran on this database", _START)
    except OSError as error:
        return failed("lease", f"{path}: {error.strerror}", f"ls -l {path}")
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 64).decode(errors="replace").strip()
        return passed("lease", f"process {holder} decides")
    finally:
        os.close(descriptor)
    return warned("lease", "nobody decides: no server runs", _START)


def check_server(settings: Settings) -> Check:
    """What the server says of itself."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    url = f"http://{host}:{settings.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            notes = json.load(answer).get("notes") or []
    except urllib.error.HTTPError as error:
        return failed("server", f"{url}: {_detail(error)}", "see what it says, and its log")
    except (OSError, ValueError) as error:
        return warned("server", f"{url}: {getattr(error, 'reason', error)}", _START)
    return passed("server", f"{url}: ready" + "".join(f"; {note}" for note in notes))


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError, TypeError):
        return str(error)


def check_stations(engine: Engine | None, now: int) -> Iterator[Check]:
    """Stations of the plant that are silent, were never heard, or have faults of their own."""
    if engine is None:
        return
    with engine.connect() as connection:
        plant = load_floor(connection).plant
        said = {row.id: row for row in connection.execute(select(STATION))}
    wanted = list(plant.stations) if plant is not None else []
    never = [s for s in wanted if s not in said or said[s].status_at is None]
    silent = [
        s
        for s in wanted
        if s not in never and (not said[s].online or now - said[s].status_at > SILENT)
    ]
    fix = "look at the station: power, network, `pullcord-edge doctor --config station.toml`"
    yield _told("stations heard", wanted, silent, "silent", fix)
    yield _told("stations known", wanted, never, "never heard", fix)
    faults = [f"{s}: {', '.join(f)}" for s, row in said.items() if (f := json.loads(row.faults))]
    seen = "; ".join(faults) or "none"
    fix = "`pullcord-edge doctor` at each of them names the part"
    yield warned("stations' faults", seen, fix) if faults else passed("stations' faults", seen)


def _told(name: str, wanted: list[str], bad: list[str], what: str, fix: str) -> Check:
    shown = ", ".join(bad[:10]) + (f" and {len(bad) - 10} more" if len(bad) > 10 else "")
    if bad:
        return warned(name, f"{len(bad)} of {len(wanted)} {what}: {shown}", fix)
    return passed(name, f"all {len(wanted)}")
