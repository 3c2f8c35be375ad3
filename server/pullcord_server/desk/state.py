"""What the desk needs of the database before its first turn: who it is, the plant in time."""

import secrets

from sqlalchemy import Connection, Engine, func, select

from pullcord_server.domain.identity import ulid
from pullcord_server.storage.book import DECISION, EVENT, JOURNAL
from pullcord_server.storage.model import Meta, PlantRow, TagRow
from pullcord_server.storage.rows import table_of, upsert

from .floor import Binding, Floor, Version

#: Until when everything was settled before this database's present life.
RESTORED_UNTIL = "restored_until"
#: Until when loops with fixed hours were served.
HOURS_SERVED = "hours_served"
META, PLANT, TAG = table_of(Meta), table_of(PlantRow), table_of(TagRow)

_PLANTS = select(func.count()).select_from(PLANT)
_NEWEST = select(func.max(DECISION.c.number))


def be_born(engine: Engine, now: int, how: str) -> str:
    """Give an empty database its identity; the id of one that has it already."""
    with engine.begin() as connection:
        found = read_meta(connection, "database")
        if found is not None:
            return found
        made = ulid(now, secrets.randbits(80))
        upsert(
            connection,
            Meta,
            [
                {"key": "database", "value": made},
                {"key": "born_at", "value": str(now)},
                {"key": "birth", "value": how},
            ],
            ignore=True,
        )
        return read_meta(connection, "database") or made


def be_reborn(connection: Connection, now: int) -> None:
    """A restored database begins another life: what was seen before it was somebody else's to settle."""
    values = {
        "database": ulid(now, secrets.randbits(80)),
        "born_at": str(now),
        "birth": "restored",
        RESTORED_UNTIL: str(now),
    }
    for key, value in values.items():
        write_meta(connection, key, value)


def read_meta(connection: Connection, key: str) -> str | None:
    """One thing the database says of itself."""
    found: str | None = connection.execute(select(META.c.value).where(META.c.key == key)).scalar()
    return found


def write_meta(connection: Connection, key: str, value: str) -> None:
    """Set one thing the database says of itself."""
    upsert(connection, Meta, [{"key": key, "value": value}])


def birth(connection: Connection) -> tuple[str, int]:
    """The database's id and when it was created or restored."""
    return read_meta(connection, "database") or "", int(read_meta(connection, "born_at") or 0)


def newest_plant(connection: Connection) -> int:
    """How many plant versions there are."""
    return int(connection.execute(_PLANTS).scalar() or 0)


def newest_decision(connection: Connection) -> int:
    """The number of the newest decision there is, whoever made it."""
    return int(connection.execute(_NEWEST).scalar() or 0)


def load_holding(connection: Connection) -> dict[str, str]:
    """Journals for whose backlog business events wait, with their stations."""
    query = (
        select(JOURNAL.c.id, JOURNAL.c.station)
        .join(EVENT, EVENT.c.waits_for == JOURNAL.c.id)
        .distinct()
    )
    return {row.id: row.station for row in connection.execute(query)}


def load_floor(connection: Connection) -> Floor:
    """Every plant version and binding."""
    floor = Floor()
    for row in connection.execute(select(PLANT).order_by(PLANT.c.number)):
        floor.plants.append(Version(row.at, row.text))
    for row in connection.execute(select(TAG).order_by(TAG.c.number)):
        floor.bind(row.code, Binding(row.since, row.card))
    return floor
