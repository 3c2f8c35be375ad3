"""Doctor's checks of the database and of the copy of decisions."""

import shutil
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from pullcord_server.desk.state import newest_decision, newest_plant, read_meta, write_meta
from pullcord_server.domain.check import Check, failed, judged, passed, warned
from pullcord_server.outside.decisions_copy import CopyError, DecisionsCopy
from pullcord_server.settings import Settings
from pullcord_server.storage.engine import IMMEDIATE, open_engine
from pullcord_server.storage.migrate import config

SCARCE_MIB, GONE_MIB = 2048, 200


def check_database(settings: Settings) -> tuple[Engine | None, list[Check]]:
    """The database, where it can be used, and what was seen on the way to it."""
    place = _folder(settings)
    if place is not None and not place.exists():
        fix = "run `pullcord-server apply plant.toml`, which makes it"
        return None, [failed("database reach", f"{place} is not there", fix)]
    engine = open_engine(settings.database)
    where = engine.url.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        fix = "is it running, and are address, user and permissions right?"
        return None, [failed("database reach", f"{where}: {_said(error)}", fix)]
    checks = [passed("database reach", where), _check_revision(current)]
    if place is not None:
        checks.append(_check_space(place.parent))
    if current is None:
        return None, checks
    try:
        checks += [_check_writable(engine), _check_plant(engine)]
    except SQLAlchemyError as error:
        return None, [*checks, failed("database tables", _said(error), _UPGRADE)]
    return engine, checks


_UPGRADE = "start the server (or apply a plant): it brings the tables up to date"


def _folder(settings: Settings) -> Path | None:
    """The file of an SQLite database."""
    url = make_url(settings.database)
    return Path(url.database or "") if url.drivername.startswith("sqlite") else None


def _said(error: SQLAlchemyError) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _check_revision(current: str | None) -> Check:
    script = ScriptDirectory.from_config(config())
    known = {revision.revision for revision in script.walk_revisions()}
    if current is None:
        return failed("database tables", "it is empty", "run `pullcord-server apply plant.toml`")
    if current not in known:
        fix = "upgrade the server, or restore a backup made by this version"
        return failed("database tables", f"revision {current} is of a newer version", fix)
    newest = script.get_current_head()
    if current != newest:
        return warned("database tables", f"revision {current}, this version has {newest}", _UPGRADE)
    return passed("database tables", f"revision {current}")


def _check_writable(engine: Engine) -> Check:
    """Whether a row can be written; it is taken back."""
    fix = "see that the file, its folder and the disk can be written by the server's user"
    try:
        connection = engine.connect().execution_options(**IMMEDIATE)
        with connection, connection.begin() as transaction:
            write_meta(connection, "doctor", "was here")
            transaction.rollback()
    except SQLAlchemyError as error:
        return failed("database writable", _said(error), fix)
    return passed("database writable", "a row was written, and taken back")


def _check_space(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free // 2**20
    seen, fix = f"{free} MiB free in {folder}", "make room, or move the database to a larger disk"
    if free < GONE_MIB:
        return failed("database space", seen, fix)
    return (
        warned("database space", seen, fix) if free < SCARCE_MIB else passed("database space", seen)
    )


def _check_plant(engine: Engine) -> Check:
    with engine.connect() as connection:
        versions, born = newest_plant(connection), read_meta(connection, "database")
    seen = f"{versions} versions, server {born}" if versions else "none was applied"
    return judged("plant", versions > 0, seen, "run `pullcord-server apply plant.toml`")


def check_copy(settings: Settings, engine: Engine | None) -> list[Check]:
    """The copy of decisions: on another disk, and without a line missing."""
    path = settings.decisions_copy
    if path is None:
        fix = "set decisions_copy in server.toml to a path on another disk"
        return [warned("decisions copy", "none is kept", fix)]
    fix = f"start the server, which appends what is missing; is {path.parent} mounted and writable?"
    try:
        last = DecisionsCopy(path).newest()
    except (OSError, CopyError) as error:
        return [failed("decisions copy", str(error), fix)]
    if engine is None:
        return [passed("decisions copy", f"{last} decisions; not compared")]
    with engine.connect() as connection:
        newest = newest_decision(connection)
    seen = f"{last} of {newest} decisions"
    if newest == 0 < last:
        fix = "run `pullcord-server restore`: the database is empty beside a copy that is not"
    checks = [judged("decisions copy", last == newest, seen, fix)]
    database = _folder(settings)
    if database is not None and path.exists() and path.stat().st_dev == database.stat().st_dev:
        fix = "put it on another disk or host: one disk fails whole"
        checks.append(warned("decisions copy disk", "it is on the disk of the database", fix))
    return checks
