"""The next job of a process and the walk of a handler: card order, urgent first, as it is due."""

from pullcord_server.domain.card import OrderState
from pullcord_server.domain.plant import Kind, Scans
from pullcord_server.domain.queue import Job, in_turn
from pullcord_server.domain.route import Pick, routes, to_fetch


def job(id_: str, released_at: int | None, opened_at: int = 0, urgent: bool = False) -> Job:
    return Job(
        id_,
        "BH-P",
        "hose",
        "machining",
        "machining",
        "production",
        "released",
        20,
        (f"{id_}-card",),
        opened_at,
        released_at,
        urgent=urgent,
    )


def pick(id_: str, source: str, consumer: str, due_at: int | None) -> Pick:
    return Pick(id_, "BH", "hose", source, consumer, "released", 20, ("BH-001",), due_at)


def test_first_in_is_first_out() -> None:
    """By release, then by opening, then by name, whatever the order they come in."""
    jobs = [job("c", 20, 1), job("b", 10, 5), job("a", 10, 5), job("d", 10, 3)]
    assert [j.id for j in in_turn(jobs)] == ["d", "a", "b", "c"]
    assert in_turn(reversed(jobs)) == in_turn(jobs)


def test_urgent_ones_go_first_and_keep_their_own_order() -> None:
    jobs = [job("a", 1), job("y", 9, urgent=True), job("x", 5, urgent=True)]
    assert [j.id for j in in_turn(jobs)] == ["x", "y", "a"]


def test_one_that_was_never_released_stands_where_it_was_opened() -> None:
    assert [j.id for j in in_turn([job("a", 7), job("b", None, 3)])] == ["b", "a"]


def test_a_route_is_walked_by_source_then_consumer_the_most_urgent_first() -> None:
    picks = [
        pick("1", "machining", "assembly-2", 30),
        pick("2", "press", "assembly-1", 10),
        pick("3", "machining", "assembly-1", 20),
        pick("4", "machining", "assembly-1", 40),
        pick("5", "press", "assembly-1", None),
    ]
    walked = [
        (r.source, [(s.consumer, [p.id for p in s.picks]) for s in r.stops]) for r in routes(picks)
    ]
    assert walked == [
        ("press", [("assembly-1", ["2", "5"])]),
        ("machining", [("assembly-1", ["3", "4"]), ("assembly-2", ["1"])]),
    ]
    assert routes(reversed(picks)) == routes(picks)
    assert routes([]) == ()


def test_only_what_is_ordered_and_not_yet_brought_is_fetched() -> None:
    """A box that nobody scans in counts as brought when it is due."""
    released = OrderState.RELEASED
    assert to_fetch(Kind.WITHDRAWAL, Scans.TWO, released, 10, 99)
    assert to_fetch(Kind.WITHDRAWAL, Scans.ONE, released, 10, 9)
    assert not to_fetch(Kind.WITHDRAWAL, Scans.ONE, released, 10, 10)
    assert not to_fetch(Kind.WITHDRAWAL, Scans.TWO, OrderState.OPEN, 10, 99)
    assert not to_fetch(Kind.PRODUCTION, Scans.TWO, released, 10, 9)
