"""Another program under the station's own name is found; what is left of the start before is not."""

from pullcord_edge.core.replication import TWO_STATIONS, JournalHead, Replication
from pullcord_edge.core.twin import APART_S, FRESH_S
from pullcord_wire.message import Ack, Ask


def replication() -> Replication:
    """Of the run `mine`, connected at 0."""
    head = JournalHead(id="mine", follows=None, last=0, held=1, acked=0, site="s1")
    made = Replication("mine", "s1", [head], lambda: 0.0)
    made.connected(0.0)
    return made


def hear(made: Replication, run: str, now: float) -> None:
    """The server answers a question of `run`."""
    assert made.answered(Ack(run, 0, Ask(run, 1), "S1", 1_795_420_800_000), now) is None


def test_answers_to_another_run_again_and_again_are_another_station() -> None:
    made = replication()
    for now in (1.0, 3.0):
        hear(made, "other", now)
        assert made.faults(now) == ()
    hear(made, "other", 1.0 + APART_S)
    assert made.faults(1.0 + APART_S) == (TWO_STATIONS,)
    assert made.faults(0.9 + APART_S + FRESH_S) == (TWO_STATIONS,)
    assert made.faults(1.0 + APART_S + FRESH_S) == ()


def test_late_answers_to_the_start_before_are_none() -> None:
    made = replication()
    for _ in range(50):
        hear(made, "before", 1.0)
    hear(made, "before", 1.0 + APART_S / 2)
    assert made.faults(2.0) == ()
    hear(made, "one", 10.0)
    hear(made, "two", 10.0 + APART_S)
    assert made.faults(10.0 + APART_S) == ()


def test_one_that_was_gone_must_be_heard_again_for_long_enough() -> None:
    made = replication()
    hear(made, "other", 1.0)
    hear(made, "other", 1.0 + APART_S)
    hear(made, "other", 100.0)
    assert made.faults(100.0) == ()
    hear(made, "other", 100.0 + APART_S)
    assert made.faults(100.0 + APART_S) == (TWO_STATIONS,)


def test_two_others_are_found_like_one() -> None:
    made = replication()
    for now in (1.0, 2.0, 3.0, 4.0, 5.0):
        hear(made, "one", now)
        hear(made, "two", now + 0.5)
    assert made.faults(5.5) == (TWO_STATIONS,)
