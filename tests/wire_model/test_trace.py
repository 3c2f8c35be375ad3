"""The shortest stories that broke earlier drafts of the wire, told to the one that is built."""

from copy import deepcopy

from wire_model.world import Database, Server, Station, World


def begin() -> tuple[World, Station, Server]:
    """A world with one station that has asked once and knows its server."""
    world = World()
    station = world.add()
    server = world.servers[0]
    round_trip(world, station)
    return world, station, server


def round_trip(world: World, station: Station) -> None:
    """What is due is published, taken and answered."""
    letter = world.publish(station)
    assert letter is not None
    world.letters.clear()
    world.hear(world.take(world.servers[0], letter))
    world.answers.clear()


def ends_well(world: World, server: Server) -> None:
    """The weather clears up, and all that is held is in the database, once."""
    world.settle(server)
    world.check(server)


def test_01_and_09_a_card_that_goes_back_reuses_no_number() -> None:
    world, station, server = begin()
    image = deepcopy(station.disk)
    x0 = world.beep(station)
    page = world.publish(station)
    assert page is not None
    world.boot_image(station, image)
    x1 = world.beep(station)
    late = world.take(server, page)
    assert (late.journal, late.upto) == ("J0", 1)
    world.hear(late)
    assert station.replication.backlog == 1
    ends_well(world, server)
    assert server.database.log == [("J0", 1, x0), ("J1", 1, x1)]
    assert server.database.forks == {"J1"}


def test_02_and_10_a_copied_card_makes_numbers_of_its_own() -> None:
    world, a, server = begin()
    x0 = world.beep(a)
    b = world.add(a.disk)
    x1 = world.beep(b)
    x2 = world.beep(a)
    ends_well(world, server)
    assert sorted(server.database.log) == [("J0", 1, x0), ("J0", 2, x2), ("J1", 1, x1)]


def test_03_and_18_a_quiet_station_refills_a_database_that_went_back() -> None:
    world, station, server = begin()
    x0 = world.beep(station)
    backup = deepcopy(server.database)
    round_trip(world, station)
    assert station.replication.backlog == 0
    world.restore(server, backup)
    ends_well(world, server)
    assert server.database.log == [("J0", 1, x0)]


def test_18_an_answer_from_before_the_restore_does_not_hold_the_refill_up() -> None:
    world, station, server = begin()
    x0 = world.beep(station)
    backup = deepcopy(server.database)
    page = world.publish(station)
    assert page is not None
    stale = world.take(server, page)
    world.restore(server, backup)
    world.pass_time(1.1)
    station.replication.disconnected(world.now)
    station.replication.connected(world.now)
    world.hear(stale)
    assert station.replication.backlog == 0
    world.pass_time(2.1)
    round_trip(world, station)
    assert station.replication.backlog == 1
    world.hear(stale)
    assert station.replication.backlog == 1
    round_trip(world, station)
    assert server.database.log == [("J0", 1, x0)]


def test_04_and_11_a_quiet_station_refills_a_deleted_database_within_its_poll() -> None:
    world, station, server = begin()
    x0 = world.beep(station)
    round_trip(world, station)
    world.restore(server, Database())
    world.pass_time(2.0)
    round_trip(world, station)
    round_trip(world, station)
    assert server.database.log == [("J0", 1, x0)]


def test_12_a_journal_of_an_earlier_start_is_refilled_too() -> None:
    world, station, server = begin()
    x0 = world.beep(station)
    round_trip(world, station)
    world.restart(station)
    world.restore(server, Database())
    ends_well(world, server)
    assert server.database.log == [("J0", 1, x0)]
    assert server.database.upto == {"J0": 1, "J1": 0}


def test_12_starts_in_which_nothing_happened_do_not_hide_those_before_them() -> None:
    world, station, server = begin()
    x0 = world.beep(station)
    round_trip(world, station)
    for _ in range(5):
        world.restart(station)
    world.restore(server, Database())
    ends_well(world, server)
    assert server.database.log == [("J0", 1, x0)]
    assert not server.database.forks


def test_13_and_15_a_loss_is_not_believed_from_a_station_that_does_not_know_of_it() -> None:
    world, station, server = begin()
    x0 = world.beep(station)
    page = world.publish(station)
    assert page is not None
    image = deepcopy(station.disk)
    backup = deepcopy(server.database)
    world.hear(world.take(server, page))
    world.trim(station, 1)
    world.pass_time(2.0)
    empty = world.publish(station)
    assert empty is not None
    assert (empty.page.held, empty.page.acked) == (2, 1)
    world.boot_image(station, image)
    world.restore(server, backup)
    answer = world.take(server, empty)
    assert (answer.journal, answer.upto) == ("J0", 0)
    assert not server.database.lost
    ends_well(world, server)
    assert server.database.log == [("J0", 1, x0)]


def test_13_a_loss_is_recorded_when_the_station_knows_what_is_needed_and_has_it_no_more() -> None:
    world, station, server = begin()
    world.beep(station)
    round_trip(world, station)
    world.trim(station, 1)
    world.restore(server, Database())
    x1 = world.beep(station)
    ends_well(world, server)
    assert server.database.lost == {("J0", 1)}
    assert server.database.log == [("J0", 2, x1)]


def test_16_racing_answers_cost_no_page_more() -> None:
    world, station, server = begin()
    backup = deepcopy(server.database)
    for _ in range(2):
        world.beep(station)
        page = world.publish(station)
        assert page is not None
        world.pass_time(0.3)
        world.hear(world.take(server, page))
    world.restore(server, backup)
    world.pass_time(2.0)
    asked = len(world.letters)
    stale = list(world.answers)
    while station.replication.next_at(world.now) <= world.now:
        for answer in stale:
            world.hear(answer)
        page = world.publish(station)
        assert page is not None
        world.hear(world.take(server, page))
    assert len(world.letters) - asked == 2
    assert len(server.database.log) == 2


def test_17_an_answer_above_the_head_is_no_answer() -> None:
    world, station, server = begin()
    image = deepcopy(station.disk)
    world.beep(station)
    page = world.publish(station)
    assert page is not None
    world.boot_image(station, image)
    ack = world.take(server, page)
    world.hear(ack)
    x1 = world.beep(station)
    world.hear(ack)
    assert station.replication.backlog == 1
    ends_well(world, server)
    assert (station.running.id, 1, x1) in server.database.log
