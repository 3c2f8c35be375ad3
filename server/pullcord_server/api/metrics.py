"""`/metrics` for Prometheus: the desk's counters, what waits in the database, how requests went."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pullcord_server.storage import model
from pullcord_server.storage.rows import table_of

from .house import House
from .station_row import is_online

STATION, JOURNAL = table_of(model.StationRow), table_of(model.JournalRow)
EVENT, ORDER = table_of(model.EventRow), table_of(model.OrderRow)
FINDING, CALL, TASK = table_of(model.FindingRow), table_of(model.CallRow), table_of(model.TaskRow)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Metrics:
    """Everything that is counted in one server, in a registry of its own."""

    def __init__(self, house: House) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._house = house
        self._registry = CollectorRegistry()
        self._lag = Histogram(
            "pullcord_ingest_lag_seconds",
            "From a scan to the commit of its effect, of entries that came in time.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.requests = Histogram(
            "pullcord_http_request_duration_seconds",
            "From a request to the start of its answer.",
            ("method", "route", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.screens = Gauge(
            "pullcord_stream_clients",
            "Screens that are connected.",
            ("stream",),
            registry=self._registry,
        )
        self.dropped = Counter(
            "pullcord_stream_dropped",
            "Screens that were disconnected because they did not keep up.",
            ("stream",),
            registry=self._registry,
        )
        self._registry.register(DeskCollector(house))
        self._registry.register(DatabaseCollector(house))

    def render(self) -> bytes:
        """The text that Prometheus reads."""
        lags = self._house.desk.tally.lags
        while lags:
            self._lag.observe(lags.popleft())
        return generate_latest(self._registry)


@dataclass(eq=False, slots=True)
class DeskCollector(Collector):
    """The desk's counters and whether it is ready."""

    house: House

    def collect(self) -> Iterator[Metric]:
        """Read them now."""
        tally = self.house.desk.tally
        yield _counted("entries", "Entries of stations taken in.", "type", tally.entries.items())
        yield _counted("verdicts", "Verdicts given.", "verdict", tally.verdicts.items())
        for name, text, value in (
            ("pages", "Pages of stations answered.", tally.pages),
            ("turns", "Turns of the desk that were committed.", tally.turns),
            ("failed_turns", "Turns that were rolled back.", tally.failed_turns),
            ("late_folds", "Cards folded again because an entry came late.", tally.late_folds),
            ("quarantined", "Entries that could not be read and are kept raw.", tally.quarantined),
            ("unreadable_pages", "Pages whose frame could not be read.", tally.unreadable_pages),
            ("invariants_broken", "Steps of cards that were stopped.", tally.invariants),
            ("events_sent", "Business events that the broker has.", tally.events_sent),
        ):
            yield CounterMetricFamily(f"pullcord_{name}", text, value=value)
        ready = not self.house.desk.ready()
        yield _gauge("ready", "1 when this server decides, else 0.", float(ready))
        connected = self.house.broker_fault() is None
        yield _gauge("broker_connected", "1 when the broker is connected.", float(connected))


@dataclass(eq=False, slots=True)
class DatabaseCollector(Collector):
    """What waits in the database. `_drained`: station → when it was last seen without a backlog."""

    house: House
    _drained: dict[str, int] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """Read it now; a database that does not answer is a metric too."""
        try:
            with self.house.engine.connect() as connection:
                found = [*self._stations(connection), *_waiting(connection)]
        except (DBAPIError, PoolTimeout):
            found = []
        yield _gauge("database_up", "1 when the database answers.", float(bool(found)))
        yield from found

    def _stations(self, connection: Connection) -> Iterator[Metric]:
        now = self.house.now()
        silence = None if self.house.driven else now
        newest = select(JOURNAL.c.station, func.max(JOURNAL.c.last_at)).group_by(JOURNAL.c.station)
        last = {row[0]: row[1] for row in connection.execute(newest)}
        online = _labelled("station_online", "1 when the station spoke within 5 s.", "station")
        backlog = _labelled(
            "station_backlog", "Entries the station keeps and the server has not.", "station"
        )
        oldest = _labelled(
            "oldest_unacked_seconds",
            "Age at most of the station's oldest entry that the server has not; 0 without one.",
            "station",
        )
        for row in connection.execute(select(STATION)):
            online.add_metric((row.id,), is_online(row.online, row.status_at, silence))
            backlog.add_metric((row.id,), row.backlog)
            if not row.backlog and row.status_at is not None:
                self._drained[row.id] = row.status_at
            since = max(last.get(row.id, 0), self._drained.get(row.id, 0))
            age = (now - since) / 1000 if row.backlog and since and now is not None else 0.0
            oldest.add_metric((row.id,), max(age, 0.0))
        yield from (online, backlog, oldest)


def _waiting(connection: Connection) -> Iterator[Metric]:
    events = connection.execute(
        select(func.count()).select_from(EVENT).where(EVENT.c.sent.is_(False))
    ).scalar_one()
    yield _gauge("events_waiting", "Business events that the broker has not yet.", events)
    open_orders = ORDER.c.state.in_(("open", "released", "in_process", "in_transit"))
    orders = _labelled("orders_open", "Orders that are not over.", "state")
    for state, number in connection.execute(
        select(ORDER.c.state, func.count()).where(open_orders).group_by(ORDER.c.state)
    ):
        orders.add_metric((state,), number)
    yield orders
    for name, text, query in (
        ("findings_open", "Findings that nobody resolved.", FINDING.c.resolved_at.is_(None)),
        ("calls_open", "Andon calls that are not closed.", CALL.c.state != "closed"),
        ("tasks_open", "Tasks that are not done.", TASK.c.done_at.is_(None)),
    ):
        number = connection.execute(select(func.count()).where(query)).scalar_one()
        yield _gauge(name, text, number)


def _counted(name: str, text: str, label: str, counts: Iterable[tuple[str, int]]) -> Metric:
    made = CounterMetricFamily(f"pullcord_{name}", text, labels=(label,))
    for value, number in list(counts):
        made.add_metric((value,), number)
    return made


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"pullcord_{name}", text, value=value)


def _labelled(name: str, text: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"pullcord_{name}", text, labels=(label,))


class Timing:
    """Stands before everything: how long each route took to begin its answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._requests = metrics.requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                method = scope["method"] if scope["method"] in _METHODS else "other"
                labels = (method, route, str(message["status"]))
                self._requests.labels(*labels).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, observed)
