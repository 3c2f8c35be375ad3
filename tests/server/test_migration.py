"""Databases that earlier revisions wrote upgrade to the tables this version needs, with every row."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

from pullcord_server.desk.state import birth, load_floor
from pullcord_server.storage.engine import open_engine
from pullcord_server.storage.migrate import NewerDatabase, migrate
from support.postgres import Postgres

DUMPS = sorted((Path(__file__).parent / "data" / "revisions").glob("*.sql"))


def load(dump: Path, folder: Path) -> Engine:
    """The database that a revision wrote, as SQLite dumped it."""
    file = folder / "old.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(dump.read_text(encoding="utf-8"))
    connection.close()
    return open_engine(f"sqlite:///{file}")


def differences(engine: Engine) -> list[object]:
    """What distinguishes the database from the tables of this version."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, SQLModel.metadata))


def count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


@pytest.fixture(params=DUMPS, ids=lambda dump: dump.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    engine = load(request.param, tmp_path)
    yield engine
    engine.dispose()


def test_every_revision_kept_an_empty_and_a_filled_database() -> None:
    kinds = {dump.stem.split("-")[-1] for dump in DUMPS}
    assert kinds == {"empty", "filled"}


def test_an_old_database_upgrades_to_the_tables_of_this_version_and_keeps_its_rows(
    old: Engine,
) -> None:
    before = {t: count(old, t) for t in ("fact", "decision", "card", "replenishment_order")}
    migrate(old)
    assert differences(old) == []
    assert {t: count(old, t) for t in before} == before
    with old.connect() as connection:
        assert birth(connection)[0]
        load_floor(connection)


def test_what_was_said_of_an_order_is_said_of_its_cards(tmp_path: Path) -> None:
    engine = load(next(d for d in DUMPS if d.stem == "0005-filled"), tmp_path)
    with engine.begin() as connection:
        id_ = connection.scalar(text("SELECT min(id) FROM replenishment_order"))
        said = {"id": id_, "note": "the truck is late", "at": 1_792_900_000_000}
        connection.execute(
            text("UPDATE replenishment_order SET note = :note, promised_at = :at WHERE id = :id"),
            said,
        )
    migrate(engine)
    with engine.connect() as connection:
        rows = connection.execute(text('SELECT "order", note, promised_at FROM portion')).all()
    engine.dispose()
    assert {tuple(r) for r in rows if r[0] == said["id"]} == {tuple(said.values())}
    assert {tuple(r)[1:] for r in rows if r[0] != said["id"]} == {(None, None)}


def test_a_new_database_has_the_tables_of_this_version(tmp_path: Path, postgres: Postgres) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.db'}", postgres.create()):
        engine = open_engine(url)
        migrate(engine)
        migrate(engine)  # once more changes nothing
        assert differences(engine) == []
        engine.dispose()


def test_a_database_of_a_newer_version_is_refused_with_the_fix(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'newer.db'}")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerDatabase, match=r"9999.*upgrade the server"):
        migrate(engine)
    engine.dispose()
