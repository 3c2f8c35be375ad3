"""The routes that read: every collection, paged and filtered, and each of its rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from sqlalchemy import ColumnElement, select

from pullcord_server.desk.refusal import Refused, not_found
from pullcord_server.domain.call import Call
from pullcord_server.domain.group import Colour
from pullcord_server.domain.plant import Plant
from pullcord_server.storage import model
from pullcord_server.storage.rows import table_of

from . import asked, pick, row, table
from .group_row import Group, group_ids, group_rows, read_calls, read_colours
from .house import PREFIX, House
from .job import read_process
from .listing import page_of
from .plant_row import (
    item_row,
    loop_rows,
    loops_served,
    process_row,
    supplier_row,
    wanted_loops,
)
from .row import R
from .station_row import station_ids, station_rows
from .work_row import PickRow, ProcessWorkRow

ALIAS = table_of(model.OrderAlias)
#: An id of a path; no row has one with a sign that no database takes.
Id = Annotated[str, Path(description="its id", max_length=300, pattern=r"^[^\x00]*$")]


def check_filters(request: Request) -> None:
    """A filter that is given twice would count once; a text with NUL is none: both are refused."""
    wrong = sorted(n for n, value in request.query_params.multi_items() if "\0" in n + value)
    if wrong:
        raise Refused(422, "invalid", f"{', '.join(wrong)}: must not contain a NUL character")
    names = [name for name, _ in request.query_params.multi_items()]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise Refused(422, "invalid", f"{', '.join(twice)}: given more than once; send it once")


def router(house: House) -> APIRouter:
    """Every collection of `house`."""
    routes = APIRouter(prefix=PREFIX, dependencies=[Depends(check_filters)])
    _plant_routes(routes, house)
    _loop_routes(routes, house)
    _station_routes(routes, house)
    _card_routes(routes, house)
    _order_routes(routes, house)
    _told_routes(routes, house)
    _andon_routes(routes, house)
    _journal_routes(routes, house)
    return routes


def plant_of(house: House) -> Plant:
    """The plant that is valid now; a refusal where there is none."""
    plant = house.plant()
    if plant is None:
        raise Refused(503, "not-ready", "no plant: run `pullcord-server apply plant.toml`")
    return plant


def _found(found: R | None, what: str, id_: str) -> R:
    if found is None:
        raise not_found(what, id_)
    return found


def _plant_routes(routes: APIRouter, house: House) -> None:
    def page(
        name: str,
        ask: asked.Paging,
        of: Callable[[Plant], Mapping[str, Any]],
        make: Callable[[Plant, str], R],
    ) -> row.Page[R]:
        plant = plant_of(house)
        return page_of(name, of(plant), ask, lambda ids: [make(plant, i) for i in ids])

    def one(
        what: str,
        id_: str,
        of: Callable[[Plant], Mapping[str, Any]],
        make: Callable[[Plant, str], R],
    ) -> R:
        plant = plant_of(house)
        return _found(make(plant, id_) if id_ in of(plant) else None, what, id_)

    @routes.get("/items", tags=["plant"])
    def list_items(ask: Annotated[asked.Paging, Query()]) -> row.Page[row.ItemRow]:
        """Items, by id."""
        return page("items", ask, lambda p: p.items, item_row)

    @routes.get("/items/{id}", tags=["plant"])
    def get_item(id: Id) -> row.ItemRow:
        """One item."""
        return one("item", id, lambda p: p.items, item_row)

    @routes.get("/processes", tags=["plant"])
    def list_processes(ask: Annotated[asked.Paging, Query()]) -> row.Page[row.ProcessRow]:
        """Processes, by id."""
        return page("processes", ask, lambda p: p.processes, process_row)

    @routes.get("/processes/{id}", tags=["plant"])
    def get_process(id: Id) -> ProcessWorkRow:
        """One process, its next job and its queue in card order."""
        return read_process(house, plant_of(house), id)

    @routes.get("/suppliers", tags=["plant"])
    def list_suppliers(ask: Annotated[asked.Paging, Query()]) -> row.Page[row.SupplierRow]:
        """Suppliers, by id."""
        return page("suppliers", ask, lambda p: p.suppliers, supplier_row)

    @routes.get("/suppliers/{id}", tags=["plant"])
    def get_supplier(id: Id) -> row.SupplierRow:
        """One supplier."""
        return one("supplier", id, lambda p: p.suppliers, supplier_row)


def _loop_routes(routes: APIRouter, house: House) -> None:
    @routes.get("/loops", tags=["plant"])
    def list_loops(ask: Annotated[asked.LoopsAsked, Query()]) -> row.Page[row.LoopRow]:
        """Loops, by id."""
        plant = plant_of(house)
        wanted = wanted_loops(plant, ask)
        return page_of("loops", wanted, ask, lambda ids: loop_rows(house.engine, plant, ids))

    @routes.get("/loops/{id}", tags=["plant"])
    def get_loop(id: Id) -> row.LoopRow:
        """One loop."""
        return read_loop(house, id)


def read_loop(house: House, id_: str) -> row.LoopRow:
    """One loop; a refusal where there is none."""
    plant = plant_of(house)
    if id_ not in plant.loops:
        raise not_found("loop", id_)
    return loop_rows(house.engine, plant, [id_])[0]


def _station_routes(routes: APIRouter, house: House) -> None:
    @routes.get("/stations", tags=["stations"])
    def list_stations(ask: Annotated[asked.StationsAsked, Query()]) -> row.Page[row.StationRow]:
        """Stations, by id: those of the plant, and any other that was heard."""
        ids = station_ids(house.engine, house.plant())
        wanted = ids if ask.station is None else ids & {ask.station}
        return page_of("stations", wanted, ask, lambda found: _stations(house, found))

    @routes.get("/stations/{id}", tags=["stations"])
    def get_station(id: Id) -> row.StationRow:
        """One station."""
        return read_station(house, id)


def read_station(house: House, id_: str) -> row.StationRow:
    """One station; a refusal where the plant has none and none was heard."""
    if id_ not in station_ids(house.engine, house.plant()):
        raise not_found("station", id_)
    return _stations(house, [id_])[0]


def _stations(house: House, ids: Sequence[str]) -> list[row.StationRow]:
    now = None if house.driven else house.now()
    return station_rows(house.engine, house.plant(), ids, now)


def _card_routes(routes: APIRouter, house: House) -> None:
    @routes.get("/cards", tags=["cards"])
    def list_cards(ask: Annotated[asked.CardsAsked, Query()]) -> row.Page[row.CardRow]:
        """Cards, by id."""
        return table.CARDS.page(house.engine, ask, *_served(house, table.CARD.c.loop, ask.station))

    @routes.get("/cards/{id}", tags=["cards"])
    def get_card(id: Id) -> row.CardRow:
        """One card."""
        return read_card(house, id)

    @routes.get("/tags", tags=["cards"])
    def list_tags(ask: Annotated[asked.TagsAsked, Query()]) -> row.Page[row.TagRow]:
        """Codes and the cards they mean now, by code."""
        return table.TAGS.page(house.engine, ask)

    @routes.get("/tags/{code:path}", tags=["cards"])
    def get_tag(code: Id) -> row.TagRow:
        """What one code means now."""
        return read_tag(house, code)


def _served(
    house: House, loop: ColumnElement[Any], station: str | None
) -> Sequence[ColumnElement[bool]]:
    """That a row is of a loop which the station serves, where one is named."""
    return () if station is None else [loop.in_(loops_served(plant_of(house), station))]


def read_card(house: House, id_: str) -> row.CardRow:
    """One card; a refusal where there is none."""
    return _found(table.CARDS.one(house.engine, table.CARD.c.id == id_), "card", id_)


def read_tag(house: House, code: str) -> row.TagRow:
    """What one code means now; a refusal where it was never told."""
    return _found(table.TAGS.one(house.engine, table.TAG.c.code == code), "tag", code)


def _order_routes(routes: APIRouter, house: House) -> None:
    @routes.get("/orders", tags=["orders"])
    def list_orders(ask: Annotated[asked.OrdersAsked, Query()]) -> row.Page[row.OrderRow]:
        """Orders, by the time they were opened."""
        served = _served(house, table.ORDER.c.loop, ask.station)
        return table.ORDERS.page(house.engine, ask, *served)

    @routes.get("/picks", tags=["orders"])
    def list_picks(ask: Annotated[asked.PicksAsked, Query()]) -> row.Page[PickRow]:
        """What handlers fetch and bring, as it is due."""
        return pick.list_picks(house, plant_of(house), ask)

    @routes.get("/orders/{id}", tags=["orders"])
    def get_order(id: Id) -> row.OrderRow:
        """One order, by its id or a former one."""
        return read_order(house, id)


def read_order(house: House, id_: str) -> row.OrderRow:
    """One order by its id or a former one; a refusal where there is none."""
    found = table.ORDERS.one(house.engine, table.ORDER.c.id == id_)
    if found is None:
        renamed = select(ALIAS.c.id).where(ALIAS.c.old == id_).scalar_subquery()
        found = table.ORDERS.one(house.engine, table.ORDER.c.id == renamed)
    return _found(found, "order", id_)


def _told_routes(routes: APIRouter, house: House) -> None:
    @routes.get("/findings", tags=["findings"])
    def list_findings(ask: Annotated[asked.FindingsAsked, Query()]) -> row.Page[row.FindingRow]:
        """Findings, by the time of what they are about."""
        return table.FINDINGS.page(house.engine, ask)

    @routes.get("/findings/{id}", tags=["findings"])
    def get_finding(id: Id) -> row.FindingRow:
        """One finding."""
        return read_finding(house, id)

    @routes.get("/calls", tags=["calls"])
    def list_calls(ask: Annotated[asked.CallsAsked, Query()]) -> row.Page[row.CallRow]:
        """Calls, by the time they were raised."""
        return table.CALLS.page(house.engine, ask)

    @routes.get("/calls/{id}", tags=["calls"])
    def get_call(id: Id) -> row.CallRow:
        """One call."""
        return read_call(house, id)

    @routes.get("/tasks", tags=["tasks"])
    def list_tasks(ask: Annotated[asked.TasksAsked, Query()]) -> row.Page[row.TaskRow]:
        """Tasks, by the time they arose."""
        return table.TASKS.page(house.engine, ask)

    @routes.get("/tasks/{id}", tags=["tasks"])
    def get_task(id: Id) -> row.TaskRow:
        """One task."""
        return read_task(house, id)


def read_finding(house: House, id_: str) -> row.FindingRow:
    """One finding; a refusal where there is none."""
    return _found(table.FINDINGS.one(house.engine, table.FINDING.c.id == id_), "finding", id_)


def read_call(house: House, id_: str) -> row.CallRow:
    """One call; a refusal where there is none."""
    return _found(table.CALLS.one(house.engine, table.CALL.c.id == id_), "call", id_)


def read_task(house: House, id_: str) -> row.TaskRow:
    """One task; a refusal where there is none."""
    return _found(table.TASKS.one(house.engine, table.TASK.c.id == id_), "task", id_)


def _andon_routes(routes: APIRouter, house: House) -> None:
    @routes.get("/andon", tags=["calls"])
    def list_andon(ask: Annotated[asked.AndonAsked, Query()]) -> row.Page[row.GroupRow]:
        """What each lamp group shows, by id."""
        plant = plant_of(house)
        shown, calls = _groups(house)
        ids = group_ids(plant, ask, shown)
        return page_of("andon", ids, ask, lambda found: group_rows(plant, shown, calls, found))

    @routes.get("/andon/{id}", tags=["calls"])
    def get_group(id: Id) -> row.GroupRow:
        """One lamp group: `<item>@<place>`."""
        rows = group_rows(plant_of(house), *_groups(house), [id])
        return _found(rows[0] if rows else None, "lamp group", id)


def _groups(house: House) -> tuple[dict[Group, Colour | None], list[Call]]:
    """What each lamp group shows, and the calls that are open."""
    with house.engine.connect() as connection:
        return read_colours(connection), read_calls(connection)


def _journal_routes(routes: APIRouter, house: House) -> None:
    @routes.get("/journal", tags=["journal"])
    def list_journal(ask: Annotated[asked.JournalAsked, Query()]) -> row.Page[row.EntryRow]:
        """What stations saw, by its corrected time."""
        return table.JOURNAL.page(house.engine, ask)

    @routes.get("/journal/{id}", tags=["journal"])
    def get_entry(id: Id) -> row.EntryRow:
        """One entry: `<journal>.<seq>`."""
        return _found(table.JOURNAL.one(house.engine, *_entry(id)), "entry", id)


def _entry(id_: str) -> tuple[ColumnElement[bool], ...]:
    journal, _, seq = id_.rpartition(".")
    number = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 19 else -1
    return (table.FACT.c.journal == journal, table.FACT.c.seq == number)
