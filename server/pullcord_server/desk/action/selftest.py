"""A station is asked to test itself (DESIGN 6, 9)."""

from sqlalchemy import select

from pullcord_server.desk.decide import Settled, decide
from pullcord_server.desk.refusal import Refused, not_found
from pullcord_server.desk.turn import Turn
from pullcord_server.storage.model import StationRow
from pullcord_server.storage.rows import table_of
from pullcord_wire.message import Command

from .done import Done

STATION = table_of(StationRow)
#: A station that said nothing for longer would not hear the wish, ms.
SILENT = 5000


def ask(turn: Turn, station: str, by: str, guided: bool, driven: bool) -> Done:
    """Ask for it once this is committed; what comes of it is an entry of the station's journal.

    The command's id is the decision's. `driven`: time cannot tell whether a station is silent.
    """
    said = turn.book.connection.execute(select(STATION).where(STATION.c.id == station)).first()
    plant = turn.floor.plant
    if said is None and (plant is None or station not in plant.stations):
        raise not_found("station", station)
    if said is None or not said.online or (not driven and turn.now - said.status_at > SILENT):
        raise Refused(
            409,
            "station-silent",
            f"station {station} has said nothing for {SILENT // 1000} s and would not hear it; "
            "start it, or run `pullcord-edge selftest` there",
        )
    wish = {"station": station, "guided": guided}
    made = decide(turn, Settled("selftest", by, other={"selftest": wish}))
    turn.commands.append((station, Command(made.id, "selftest", {"guided": guided, "by": by})))
    return Done("stations", station, made.id)
