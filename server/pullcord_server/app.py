"""Composition root of the server: everything that is connected, opened or started is so from here."""

import json
import logging
import secrets
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Engine, Row, func, select

from pullcord_wire.codec import decode
from pullcord_wire.message import Page, Status, WireError
from pullcord_wire.topic import Kind

from .api.application import create_app
from .api.collection import read_station
from .api.figure import read_figures, read_hand_over
from .api.house import House
from .api.job import name_of, processes_at_work
from .api.last_read import last_reads
from .api.overview import overview, timezone
from .api.pick import posts
from .api.selftest_row import newest_first
from .desk.desk import Desk
from .desk.event_sender import EventSender
from .desk.inbox import Landed, PageIn, StatusIn, UnreadablePage
from .desk.outlet import Outlet
from .desk.state import be_born
from .desk.tally import Tally
from .desk.turn import Copied
from .outside.broker import Broker, broker_of, parse_broker
from .outside.clock import DrivenClock, SystemClock
from .outside.decisions_copy import DecisionsCopy
from .outside.embedded_broker import EmbeddedBroker, find_mosquitto, folder_beside
from .outside.lease import FileLease, Lease, RowLease
from .outside.memory import keep
from .outside.mqtt import Link, Received
from .settings import EMBEDDED, Settings
from .storage.engine import open_engine
from .storage.migrate import migrate
from .storage.model import DecisionRow, LeaseRow
from .storage.rows import table_of
from .web.pages import add_pages
from .web.station import StationViews
from .web.work import Views

log = logging.getLogger("pullcord")
DECISION, LEASE = table_of(DecisionRow), table_of(LeaseRow)


class CannotServe(RuntimeError):
    """The server cannot start; the text says why and what to do."""


@dataclass(slots=True)
class Copier:
    """Decisions as lines of the copy, in number order, whoever wrote them. `newest`: the last line's number."""

    copy: DecisionsCopy
    engine: Engine
    newest: int = 0

    @property
    def fault(self) -> str | None:
        """Why the last line is not there."""
        return self.copy.fault

    def begin(self) -> None:
        """Append what the database has and the copy has not."""
        self.newest = self.copy.last()
        self._catch_up()

    def write(self, decisions: list[Copied]) -> None:
        """Append these; where commands of their own decided something since, that first."""
        if decisions and decisions[0].number == self.newest + 1:
            self.copy.write([asdict(d) for d in decisions])
            self.newest = decisions[-1].number
        else:
            self._catch_up()

    def _catch_up(self) -> None:
        missing = select(DECISION).where(DECISION.c.number > self.newest)
        with self.engine.connect() as connection:
            rows = connection.execute(missing.order_by(DECISION.c.number)).all()
        self.copy.write([decision_line(row) for row in rows])
        self.newest = max([self.newest, *(row.number for row in rows)])


class Server:
    """One server of one site, built and not yet started."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = open_engine(settings.database)
        migrate(self.engine)
        self.clock = DrivenClock() if settings.driven else SystemClock()
        self.embedded: EmbeddedBroker | None = None
        self.lease = make_lease(self.engine, settings.site)
        if isinstance(self.lease, FileLease):
            self.lease.acquire()
        copier = self._copier()
        be_born(self.engine, 0 if settings.driven else SystemClock().now(), "created")
        self.tally = Tally()
        self.link = Link(self._broker(), settings.site, self._deliver, self._crashed)
        self.events = EventSender(self.engine, self.link, settings.site, self.tally)
        outlet = Outlet(self.link, self.events, settings.site)
        self.copier = copier
        self.desk = Desk(
            self.engine, settings.site, self.clock, outlet, self.lease, copier, self.tally
        )
        self.desk.announce = self._announce
        self.desk.settle = keep

    def start(self) -> None:
        """Connect, and decide."""
        self.link.start()
        self.events.start()
        self.desk.start()

    def stop(self) -> None:
        """Finish what is on, say goodbye, end."""
        self.desk.stop()
        self.events.stop()
        self.link.stop()
        if self.embedded is not None:
            self.embedded.stop()
        self.engine.dispose()

    def web(self) -> FastAPI:
        """Routes and pages over this server."""
        house = House(
            site=self.settings.site,
            engine=self.engine,
            desk=self.desk,
            changes=self.desk.changes,
            now=self.clock.now,
            plant=lambda: self.desk.floor.plant,
            broker_fault=lambda: self.link.fault,
            driven=self.settings.driven,
            users=self.settings.users,
            copies=self.settings.decisions_copy is not None,
        )
        app = create_app(house, self._leader)
        add_pages(
            app,
            house.site,
            partial(timezone, house),
            partial(overview, house),
            views_of(house),
            station_views(house),
        )
        return app

    def _announce(self) -> None:
        """This server decides from now on: its copy is brought up to date, changes are asked of it."""
        if self.copier is not None:
            self.copier.begin()
        if isinstance(self.lease, RowLease):
            with self.engine.begin() as connection:
                own = LEASE.c.site == self.settings.site
                connection.execute(LEASE.update().where(own).values(url=self._url()))

    def _url(self) -> str:
        return f"http://{self.settings.host}:{self.settings.port}"

    def _leader(self) -> str | None:
        """Where the deciding server is; None where it is this one, or is not known."""
        if self.desk.deciding or not isinstance(self.lease, RowLease):
            return None
        query = select(LEASE.c.url).where(LEASE.c.site == self.settings.site)
        with self.engine.connect() as connection:
            found: str | None = connection.execute(query).scalar()
        return None if found == self._url() else found

    def _broker(self) -> Broker:
        settings = self.settings
        if settings.broker != EMBEDDED:
            return broker_of(settings)
        self.embedded = EmbeddedBroker(folder_beside(settings.database), find_mosquitto())
        return parse_broker(self.embedded.start())

    def _copier(self) -> Copier | None:
        """The copy of decisions, brought up to date; an empty database beside a filled copy is refused."""
        path = self.settings.decisions_copy
        if path is None:
            return None
        copy = DecisionsCopy(path)
        last = copy.last()
        with self.engine.connect() as connection:
            newest = connection.execute(select(func.max(DECISION.c.number))).scalar() or 0
            if newest == 0 and last > 0:
                raise CannotServe(
                    f"the database is empty, but {path} holds {last} decisions; "
                    "run `pullcord-server restore` to settle them again first"
                )
        copier = Copier(copy, self.engine)
        copier.begin()
        return copier

    def _deliver(self, received: Received) -> None:
        """On the network's thread: read, and put on the desk."""
        landed = landed_of(received)
        if landed is not None:
            self.desk.inbox.put(landed)

    def _crashed(self, line: str, error: BaseException) -> None:
        log.error("broker connection for %s failed: %r", line, error)


def station_views(house: House) -> StationViews:
    """What the page of a station shows of `house`."""
    return StationViews(
        station=lambda id_: read_station(house, id_).model_dump(mode="json"),
        reads=partial(last_reads, house),
        selftests=lambda id_: [r.model_dump(mode="json") for r in newest_first(house.engine, id_)],
    )


def views_of(house: House) -> Views:
    """What the pages of people at work show of `house`."""
    return Views(
        processes=partial(processes_at_work, house),
        name_of=partial(name_of, house),
        posts=partial(posts, house),
        figures=lambda since, until: read_figures(house, since, until).model_dump(),
        hand_over=lambda: [row.model_dump() for row in read_hand_over(house)],
        now=house.now,
        timezone=partial(timezone, house),
    )


def landed_of(received: Received) -> Landed | None:
    """A station's message as it lands on the desk; a retained page proves nothing and is passed."""
    station = received.address.station
    try:
        if received.address.kind is Kind.JOURNAL and not received.retained:
            return PageIn(station, decode(Page, received.payload))
        if received.address.kind is Kind.STATUS:
            return StatusIn(station, decode(Status, received.payload), received.retained)
    except WireError as error:
        if received.address.kind is Kind.JOURNAL:
            return UnreadablePage(station, str(error), received.payload)
        log.warning("status of %s cannot be read: %s", station, error)
    return None


def decision_line(row: Row[Any]) -> dict[str, Any]:
    """A decision's row as its line in the copy."""
    return {
        "number": row.number,
        "id": row.id,
        "at": row.at,
        "by": row.by,
        "action": row.action,
        "reason": row.reason,
        "body": json.loads(row.body),
    }


def make_lease(engine: Engine, site: str) -> Lease:
    """A lock file beside SQLite, a row in PostgreSQL."""
    if engine.dialect.name == "sqlite":
        name = engine.url.database
        return FileLease(Path(name or "pullcord.db"))
    return RowLease(engine, table_of(LeaseRow), site, secrets.token_hex(8))
