"""Bringing a database to the tables this version needs (Alembic)."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError, OperationalError

_HERE = Path(__file__).parent / "migrations"


class NewerDatabase(RuntimeError):
    """The database was written by a newer version of the server."""


def config() -> Config:
    """Alembic's settings; the scripts travel inside the package."""
    made = Config(stdout=sys.stderr)
    made.set_main_option("script_location", str(_HERE))
    return made


def has_tables(engine: Engine) -> bool:
    """Whether a server's tables are there, of whatever revision; a file that is no database has none."""
    try:
        return inspect(engine).has_table("alembic_version")
    except OperationalError:
        raise
    except DatabaseError:
        return False


def migrate(engine: Engine) -> None:
    """Upgrade the tables to the newest revision; an empty database gets them all."""
    made = config()
    script = ScriptDirectory.from_config(made)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            # servers that start together upgrade one after the other
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('pullcord migrate'))"))
        current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {r.revision for r in script.walk_revisions()}:
            raise NewerDatabase(
                f"the database is at revision {current}, which this version does not know; "
                "upgrade the server, or restore a backup made by this version"
            )
        if current == script.get_current_head():
            return
        made.attributes["connection"] = connection
        command.upgrade(made, "head")
