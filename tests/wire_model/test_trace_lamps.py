"""The stories in which lamps lied: the station's own rule, against the server's as section 7.3 says it."""

from dataclasses import dataclass, field

from pullcord_edge.core.wanted import WantedLamps
from pullcord_wire.message import ClockState, Lamps, LampsMessage, Pattern, Status
from wire_model.world import Database, Server, Station, World

OPEN: Lamps = {"stack": {"red": Pattern.FAST}}
ACKNOWLEDGED: Lamps = {"stack": {"red": Pattern.ON}}


@dataclass(slots=True)
class LampServer:
    """The lamps a server wants for one station, and its rule for publishing them."""

    name: str
    wanted: Lamps = field(default_factory=lambda: OPEN)
    revision: int = 0

    def want(self, lamps: Lamps) -> LampsMessage:
        """Something happened: other lamps."""
        self.wanted, self.revision = lamps, self.revision + 1
        return LampsMessage(self.revision, self.name, lamps)

    def read(self, status: Status, ahead: bool) -> LampsMessage | None:
        """A status came; `ahead`: the station's last page was acked beyond this database."""
        if ahead or status.lamps == self.wanted:
            return None
        self.revision = max(self.revision, status.lamps_revision or 0) + 1
        return LampsMessage(self.revision, self.name, self.wanted)


@dataclass(slots=True)
class Shown:
    """A station's lamps: what it was told, whom it obeys."""

    station: Station
    told: WantedLamps = field(default_factory=WantedLamps)

    @property
    def lamps(self) -> Lamps | None:
        """What burns; None: link lost."""
        message = self._message
        lost = self.station.replication.link_lost(self.station.world.now)
        return None if lost or message is None else message.lamps

    @property
    def status(self) -> Status:
        """What the station says it shows."""
        message = self._message
        return Status(
            online=True,
            journal=self.station.running.id,
            server=self.station.replication.server,
            lamps_revision=message.revision if message else None,
            lamps=message.lamps if message else {},
            clock=ClockState.SYNCED,
        )

    @property
    def _message(self) -> LampsMessage | None:
        return self.told.of(self.station.replication.server)


def begin() -> tuple[World, Shown, Server, LampServer]:
    world = World()
    station = world.add()
    poll(world, station)
    shown, lamps = Shown(station), LampServer("S0")
    shown.told.hear(lamps.want(OPEN))
    assert shown.lamps == OPEN
    return world, shown, world.servers[0], lamps


def poll(world: World, station: Station) -> bool:
    """A question and its answer; whether the station had been told more than the server has."""
    world.pass_time(2.0)
    letter = world.publish(station)
    assert letter is not None
    ack = world.take(world.servers[0], letter)
    world.hear(ack)
    return ack.journal != letter.page.journal or letter.page.acked > ack.upto


def echo(shown: Shown, lamps: LampServer, ahead: bool = False) -> None:
    """The server reads the station's status, and its lamps, if any, arrive."""
    message = lamps.read(shown.status, ahead)
    if message is not None:
        shown.told.hear(message)


def test_05_07_08_and_14_lamps_of_before_a_restore_do_not_stay() -> None:
    world, shown, _, lamps = begin()
    lamps_then = LampServer("S0", lamps.wanted, lamps.revision)
    shown.told.hear(lamps.want(ACKNOWLEDGED))
    assert shown.lamps == ACKNOWLEDGED
    poll(world, shown.station)
    echo(shown, lamps_then)
    assert shown.lamps == OPEN


def test_14_lamps_are_told_again_only_when_the_station_shows_others() -> None:
    _, shown, _, lamps = begin()
    assert lamps.read(shown.status, ahead=False) is None


def test_06_a_station_that_started_again_is_told_its_lamps() -> None:
    world, shown, _, lamps = begin()
    world.restart(shown.station)
    again = Shown(shown.station)
    assert again.lamps is None
    poll(world, again.station)
    echo(again, lamps)
    assert again.lamps == OPEN


def test_lamps_that_arrive_late_do_not_go_back() -> None:
    _, shown, _, lamps = begin()
    late = LampsMessage(lamps.revision, "S0", OPEN)
    shown.told.hear(lamps.want(ACKNOWLEDGED))
    shown.told.hear(late)
    assert shown.lamps == ACKNOWLEDGED


def test_lamps_of_another_server_do_not_flip_those_of_the_one_that_is_obeyed() -> None:
    _, shown, _, _ = begin()
    shown.told.hear(LampsMessage(900, "S1", ACKNOWLEDGED))
    assert shown.lamps == OPEN


def test_a_restored_server_leaves_the_lamps_alone_until_it_has_been_refilled() -> None:
    world, shown, server, lamps = begin()
    world.beep(shown.station)
    poll(world, shown.station)
    shown.told.hear(lamps.want(ACKNOWLEDGED))
    world.restore(server, Database())
    restored = LampServer("S0")
    ahead = poll(world, shown.station)
    assert ahead
    echo(shown, restored, ahead)
    assert shown.lamps == ACKNOWLEDGED
    ahead = poll(world, shown.station)
    assert not ahead
    restored.want(ACKNOWLEDGED)
    echo(shown, restored, ahead)
    assert shown.lamps == ACKNOWLEDGED


def test_the_lamps_go_out_five_seconds_after_the_last_answer() -> None:
    world, shown, _, _ = begin()
    world.pass_time(4.9)
    assert shown.lamps == OPEN
    world.pass_time(0.2)
    assert shown.lamps is None
