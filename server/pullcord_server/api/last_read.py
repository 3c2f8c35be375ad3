"""The last cards at a station, and the server's word on each in the language there: a phone's page (DESIGN 6)."""

from sqlalchemy import select

from pullcord_server.domain.language import words_of
from pullcord_server.domain.plant import Plant
from pullcord_server.storage.model import CardRow, FactRow
from pullcord_server.storage.rows import table_of
from pullcord_wire.instant import format_instant
from pullcord_wire.message import Verdict

from .house import House

CARD, FACT = table_of(CardRow), table_of(FactRow)
_MOST = 8


def last_reads(house: House, station: str) -> list[dict[str, str]]:
    """The newest first: `at`, `card` (its code where there is no card), `verdict`, `words` (none where accepted)."""
    plant = house.plant() or Plant(house.site)
    words = words_of(plant.language_at(station)).verdicts
    query = (
        select(FACT.c.at, FACT.c.card, FACT.c.code, FACT.c.verdict, CARD.c.loop)
        .join(CARD, CARD.c.id == FACT.c.card, isouter=True)
        .where(FACT.c.station == station, FACT.c.verdict.is_not(None), FACT.c.code.is_not(None))
        .order_by(FACT.c.at.desc(), FACT.c.journal.desc(), FACT.c.seq.desc())
        .limit(_MOST)
    )
    with house.engine.connect() as connection:
        rows = connection.execute(query).all()
    return [
        {
            "at": format_instant(row.at),
            "card": row.card or row.code,
            "verdict": row.verdict,
            "words": _filled(words.get(Verdict(row.verdict), ""), row.loop, plant),
        }
        for row in rows
    ]


def _filled(words: str, loop: str | None, plant: Plant) -> str:
    """With the place where the card belongs; without the state it had, which only that moment knew."""
    known = plant.loops.get(loop or "")
    if known is not None:
        words = words.replace("{place}", known.place)
    return words.partition("{")[0].rstrip(" :")
