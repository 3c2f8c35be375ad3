"""The self-tests of a station: asked for here, answered by entries of its journal, which are kept."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from pullcord_server.desk.action import selftest
from pullcord_server.storage.selftest import listed_selftests

from . import asked, row, wish
from .access import person
from .change import decided
from .collection import Id, check_filters, read_station
from .house import PREFIX, House
from .selftest_row import selftests


def router(house: House) -> APIRouter:
    """The self-tests of `house`."""
    routes = APIRouter(prefix=PREFIX, tags=["stations"])

    @routes.post("/stations/{id}/selftest")
    async def ask_selftest(id: Id, want: wish.AskSelftest, request: Request) -> row.StationDecided:
        """Ask a station to test itself; the report comes as an entry of its journal."""
        by = person(request, want.by)
        action = partial(selftest.ask, station=id, by=by, guided=want.guided, driven=house.driven)
        return await decided(house, action, read_station, row.StationDecided)

    @routes.get("/stations/{id}/selftests", dependencies=[Depends(check_filters)])
    def list_selftests(
        id: Id, ask: Annotated[asked.SelftestsAsked, Query()]
    ) -> row.Page[row.SelftestRow]:
        """The self-tests of a station, by time: the newest 500 of them."""
        read_station(house, id)
        with house.engine.connect() as connection:
            entries = listed_selftests(connection, [id])[id]
        return selftests(entries).page(house.engine, ask)

    return routes
