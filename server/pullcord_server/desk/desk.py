"""The one thread that decides: pages, actions and timers, taken in turns (DESIGN 8)."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pullcord_server.domain.plant import Plant
from pullcord_server.outside.clock import ClockBack, DrivenClock, SystemClock
from pullcord_server.outside.lease import Lease, LeaseLost
from pullcord_server.storage.book import Book
from pullcord_server.storage.engine import IMMEDIATE
from pullcord_server.storage.shelf import Shelf

from .action.plant import begin_empty_loops
from .answer import answer_pages, send_commands, show_verdicts
from .audits import Audits
from .calls import Calls
from .changes import Changes
from .copying import Copy, Copying
from .exchange import Alone
from .floor import Floor
from .heijunka import Heijunka
from .inbox import Action, Batch, ClockSet, Inbox, PageIn, Wake
from .lamps import Lamps
from .late import fold_late
from .lot import start_lots
from .outlet import Outlet
from .pages import keep_unreadable, quarantine_entry, take_pages
from .posts import Posts
from .print import note_old_prints
from .refusal import Refused
from .ruling import write_rulings
from .state import (
    HOURS_SERVED,
    RESTORED_UNTIL,
    birth,
    load_floor,
    load_holding,
    newest_decision,
    newest_plant,
    read_meta,
    write_meta,
)
from .stations import Stations
from .stop import stop_broken
from .tally import Tally
from .timers import Hours
from .turn import Turn

T = TypeVar("T")
log = logging.getLogger("pullcord.desk")

#: How long the desk sleeps at most: a plant applied elsewhere is seen within this time.
NAP_S = 0.5


class Desk:
    """Everything that changes goes over this desk, one turn after the other, each one transaction."""

    def __init__(
        self,
        engine: Engine,
        site: str,
        clock: SystemClock | DrivenClock,
        outlet: Outlet,
        lease: Lease,
        copy: Copy | None,
        tally: Tally,
    ) -> None:
        self.engine = engine
        self.site = site
        self.clock = clock
        self.outlet = outlet
        self.inbox = Inbox()
        self.tally = tally
        self.changes = Changes()
        self.crashed: str | None = None
        self.deciding = False
        self.fault: str | None = None
        #: Called when this server begins to decide.
        self.announce: Callable[[], None] = lambda: None
        #: Called when all that a plant brings has been read: it is held for long.
        self.settle: Callable[[], None] = lambda: None
        self._settled: Plant | None = None
        self._lease = lease
        self._copying = Copying(copy)
        self._shelf = Shelf()
        self.floor = Floor()
        self._born = 0
        self._server = ""
        self._hours = Hours()
        self._heijunka = Heijunka()
        self._alone = Alone()
        self._begin = True
        self._decided = 0
        self.stations = Stations()
        self.lamps = Lamps(driven=isinstance(clock, DrivenClock))
        self._audits = Audits(Posts(driven=isinstance(clock, DrivenClock)))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    # -- from any thread

    def start(self) -> None:
        """Begin to decide."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Finish the turn that is on, and end."""
        self._stop.set()
        self.inbox.put(Wake())
        self._thread.join(timeout_s)

    def submit(self, action: Callable[[Turn], T]) -> "Future[T]":
        """Put an action on the desk; its future has the result after the commit, or a Refused."""
        future: Future[T] = Future()
        self.inbox.put(Action(action, future))
        return future

    def set_clock(self, now: int) -> "Future[None]":
        """Move driven time; the future is done when every rule on the way ran and was published."""
        future: Future[None] = Future()
        self.inbox.put(ClockSet(now, future))
        return future

    @property
    def calls(self) -> Calls:
        """The andon calls, for actions about them."""
        return self.lamps.calls

    @property
    def server(self) -> str:
        """The id of this database, as the wire names the server."""
        return self._server

    def ready(self) -> list[str]:
        """What keeps this server from deciding; empty when nothing does."""
        problems = []
        if self.crashed:
            problems.append(f"the deciding thread ended: {self.crashed}")
        if not self.deciding:
            problems.append("another server holds the lease of this site")
        if self.fault:
            problems.append(f"database: {self.fault}")
        if self.deciding and self.floor.plant is None:
            problems.append("no plant: run `pullcord-server apply plant.toml`")
        if self.deciding and self.clock.now() is None:
            problems.append("driven time has no time yet: POST /api/v1/clock")
        if self._copying.fault:
            problems.append(f"decisions copy: {self._copying.fault}")
        return problems

    # -- the thread

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                if self._hold_lease():
                    self._work()
        except BaseException as error:
            self.crashed = repr(error)
            log.critical("the deciding thread ended: %s", traceback.format_exc())
            raise
        finally:
            self.deciding = False
            self._lease.release()

    def _hold_lease(self) -> bool:
        if self.deciding:
            return True
        if not self._lease.acquire():
            self._refuse_all()
            self._watch()
            self._stop.wait(0.5)
            return False
        try:
            self._load()
        except DBAPIError as error:
            self._trouble(error)
            return False
        self.deciding = True
        self.announce()
        log.info("deciding for site %s as server %s", self.site, self._server)
        self.changes.bump()
        return True

    def _refuse_all(self) -> None:
        """Stand-by: actions are not possible here."""
        for action in self.inbox.stand_by():
            action.future.set_exception(
                Refused(503, "stand-by", "another server decides for this site; try again")
            )

    def _watch(self) -> None:
        """Stand-by: screens are served here too, so the plant is followed and they look again."""
        try:
            with self.engine.connect() as connection:
                self._server, self._born = birth(connection)
                if newest_plant(connection) != len(self.floor.plants):
                    self.floor = load_floor(connection)
                _ = self.floor.plant  # read now, so that it need not be when this server takes over
                self.lamps.calls.load(connection)
            self.fault = None
        except DBAPIError as error:
            self.fault = str(error.orig)
        self.changes.bump()

    def _load(self) -> None:
        self._shelf.clear()
        with self.engine.connect() as connection:
            self._server, self._born = birth(connection)
            self._read(connection)
        self.outlet.begin(self._server)

    def _work(self) -> None:
        now = self.clock.now()
        self.inbox.wait(self._nap(now))
        moved = self.inbox.take_clock()
        if moved is not None:
            self._drive(moved)
            return
        batch = self.inbox.take()
        now = self.clock.now()
        if now is not None:
            self._turns(batch, now)
        else:
            _no_time(batch)

    def _nap(self, now: int | None) -> float:
        if now is None or isinstance(self.clock, DrivenClock):
            return NAP_S
        due = self._due(now)
        return NAP_S if due is None else min(max((due - now) / 1000, 0.0), NAP_S)

    def _due(self, now: int) -> int | None:
        """When a rule falls due by time alone; without a plant there is none."""
        if self.floor.plant is None:
            return None
        dues = [self._hours.next_due(self.floor, now), self._alone.next_at, self.lamps.next_at]
        dues += [self._heijunka.next_at, self._audits.next_at]
        return min((d for d in dues if d is not None), default=None)

    def _drive(self, moved: ClockSet) -> None:
        """Run every rule that falls due on the way, in order, then stand at the new time."""
        clock = self.clock
        if not isinstance(clock, DrivenClock):
            moved.future.set_exception(
                Refused(404, "not-found", "this server's time is the system's")
            )
            return
        now = clock.now()
        if now is not None and moved.now < now:
            moved.future.set_exception(Refused(409, "clock-back", str(ClockBack(now, moved.now))))
            return
        try:
            self._run_to(clock, moved.now)
            clock.set(moved.now)
            self._turn(Batch(), moved.now, lambda turn: _note_time(turn, moved.now))
            self._run_to(clock, moved.now)
            self.outlet.flush()
        except Exception as error:
            moved.future.set_exception(error)
            raise
        moved.future.set_result(None)

    def _run_to(self, clock: DrivenClock, until: int) -> None:
        """A turn for everything that falls due until then, in order, as long as there is something."""
        while (now := clock.now()) is not None:
            due = self._due(now)
            if due is None or due > until:
                return
            clock.set(max(due, now))
            self._turns(Batch(), max(due, now))

    def _turns(self, batch: Batch, now: int) -> None:
        """One turn with everything; where it fails not by the database, each thing in a turn of its own."""
        began = time.thread_time()
        if self._turn(batch, now):
            self.inbox.pace.note(batch.size, time.thread_time() - began)
            return
        for page in batch.pages:
            self._page_alone(page, now)
        for action in batch.actions:
            if not action.future.done():
                self._turn(Batch(actions=[action]), now)

    def _page_alone(self, page: PageIn, now: int) -> None:
        """The page, or as much of it as can be judged; its station sends the rest again."""
        if self._turn(Batch(pages=[page]), now) or self.fault:
            return
        entries = page.page.entries
        if len(entries) > 1:
            half = replace(page.page, entries=entries[: len(entries) // 2])
            self._page_alone(replace(page, page=half), now)
        elif self._sound(now):
            # the entry cannot be judged: set it aside raw, so that it blocks nothing behind it
            self._turn(Batch(), now, lambda turn: quarantine_entry(turn, self._server, page))

    def _sound(self, now: int) -> bool:
        """Whether a turn without anything in it succeeds: else no entry is to blame."""
        failed = self.tally.failed_turns
        self._turn(Batch(), now)
        return self.tally.failed_turns == failed

    def _turn(self, batch: Batch, now: int, extra: Callable[[Turn], Any] | None = None) -> bool:
        """One transaction and what it says afterwards; whether it was committed."""
        results: list[tuple[Future[Any], Any]] = []
        try:
            connection = self.engine.connect().execution_options(**IMMEDIATE)
            with connection, connection.begin():
                self._lease.check(connection)
                turn = self._decide(connection, batch, now, results, extra)
        except DBAPIError as error:
            self._trouble(error, batch)
            return True
        except LeaseLost as error:
            self._step_down(error, batch)
            return True
        except Exception as error:  # noqa: BLE001 - a fault of ours: recorded, shown, and passed by
            self._failed(error, batch)
            return len(batch.pages) + len(batch.actions) == 0
        self.fault = None
        self._decided = max(self._decided, (turn.next_decision or 1) - 1)
        self._say(turn, batch, results)
        if self._settled is not self.floor.plant and not self._reading:
            self._settled = self.floor.plant
            self.settle()
        return True

    @property
    def _reading(self) -> bool:
        """Whether cards of the plant are yet to be read."""
        return bool(self.lamps.unread or self._audits.stuck.unread)

    def _decide(
        self,
        connection: Connection,
        batch: Batch,
        now: int,
        results: list[tuple["Future[Any]", Any]],
        extra: Callable[[Turn], Any] | None,
    ) -> Turn:
        self._see_others(connection)
        book = Book(connection, self._shelf)
        turn = Turn(book, self.floor, now, self._born, self.tally, self._hours.quiet_until)
        self.stations.hear(turn, batch.statuses)
        self._audits.hear(turn, batch.statuses)
        keep_unreadable(turn, batch.unreadable)
        if extra is not None:
            extra(turn)
        if self._begin:
            begin_empty_loops(turn)
            self._begin = False
        if self.floor.plant is not None:
            take_pages(turn, self._server, batch.pages)
            fold_late(turn)
            write_rulings(turn)
            self.stations.note_ahead(turn)
            start_lots(turn)
        self._alone.run(turn)
        self._hours.run(turn)
        self._heijunka.run(turn)
        for action in batch.actions:
            _act(turn, action, results)
        fold_late(turn)
        self._alone.note(turn)
        start_lots(turn)
        self._hours.run(turn)
        self._heijunka.run(turn)
        stop_broken(turn)
        self._audits.run(turn)
        if self.floor.plant is not None:
            self.lamps.settle(turn, self.stations)
        book.flush()
        note_old_prints(turn)
        return turn

    def _see_others(self, connection: Connection) -> None:
        """What a command of its own decided (a plant, prints) counts from this turn on."""
        if newest_decision(connection) != self._decided:
            self._shelf.clear()
            self._read(connection)
            self._copying.behind = True

    def _read(self, connection: Connection) -> None:
        self.floor = load_floor(connection)
        self._decided = newest_decision(connection)
        self._shelf.holding = load_holding(connection)
        self._shelf.restored_until = int(read_meta(connection, RESTORED_UNTIL) or -1)
        self._hours.load(read_meta(connection, HOURS_SERVED))
        self._heijunka.load(connection)
        self._alone.load(connection, self.floor)
        self._begin = True
        self.lamps.load(connection)
        self._audits.load()

    def _say(self, turn: Turn, batch: Batch, results: Sequence[tuple["Future[Any]", Any]]) -> None:
        """After the commit: answers, lamps, verdicts, HTTP answers; business events last."""
        self.tally.turns += 1
        answer_pages(turn, self.outlet)
        self.lamps.publish(turn, self.outlet, self.stations, self._server)
        show_verdicts(turn, self.outlet, self.clock.now() or turn.now)
        send_commands(turn, self.outlet)
        refused = self._copying.write(turn.decisions)
        for future, result in results:
            if refused is not None:
                future.set_exception(refused)
            elif isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
        if batch or turn.decisions or turn.stations or turn.groups:
            self.changes.bump()
        self.outlet.events_waiting()

    def _step_down(self, error: LeaseLost, batch: Batch) -> None:
        """Another server decides now: nothing was committed, nothing is said."""
        log.warning("standing by: %s", error)
        self.deciding = False
        self._shelf.clear()
        self.outlet.end()
        for action in batch.actions:
            action.future.set_exception(Refused(503, "stand-by", str(error)))

    def _trouble(self, error: DBAPIError, batch: Batch | None = None) -> None:
        """The database does not take it: nothing is answered, stations ask again, people are told."""
        self.fault = str(error.orig)
        self._forget()
        self.tally.failed_turns += 1
        log.error("turn not committed: %s", error.orig)
        for action in batch.actions if batch else ():
            if not action.future.done():
                action.future.set_exception(Refused(503, "database", f"not kept: {error.orig}"))
        self._stop.wait(0.2)

    def _failed(self, error: Exception, batch: Batch) -> None:
        self._forget()
        self.tally.failed_turns += 1
        log.error("turn failed: %s", "".join(traceback.format_exception(error)))
        if len(batch.actions) == 1 and not batch.pages:
            batch.actions[0].future.set_exception(error)

    def _forget(self) -> None:
        """What is remembered may be ahead of the database."""
        self._shelf.clear()
        try:
            with self.engine.connect() as connection:
                self._read(connection)
        except DBAPIError as error:
            self.fault = str(error.orig)


def _act(turn: Turn, action: Action, results: list[tuple["Future[Any]", Any]]) -> None:
    try:
        result = action.do(turn)
    except Refused as refused:
        result = refused
    results.append((action.future, result))


def _note_time(turn: Turn, now: int) -> None:
    """Commands of their own read driven time here."""
    write_meta(turn.book.connection, "driven_now", str(now))


def _no_time(batch: Batch) -> None:
    for action in batch.actions:
        action.future.set_exception(
            Refused(503, "no-time", "driven time has no time yet; POST /api/v1/clock first")
        )
