"""What waits for its PUBACK: bounded, in order, and no retained message is ever lost."""

from concurrent.futures import Future

from hypothesis import given
from hypothesis import strategies as st

from pullcord_server.outside.outbox import WAITING, WINDOW, Outbox
from pullcord_server.outside.retry import FIRST_S, MOST_S, delay


class Wire:
    """Sends what an outbox gives, and settles fates as a line does."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.sent: list[tuple[int, str, bytes, bool]] = []

    def advance(self) -> None:
        while (message := self.outbox.next()) is not None:
            mid = len(self.sent) + 1
            self.outbox.sent(mid, message)
            self.sent.append((mid, message.topic, message.payload, message.retain))

    def settle(self) -> None:
        for fate, arrived in self.outbox.take_settled():
            fate.set_result(arrived)


def fate_of(fate: Future[bool]) -> bool | None:
    return fate.result(0) if fate.done() else None


def test_offline_an_answer_is_dropped_and_says_so() -> None:
    wire = Wire()
    fate = wire.outbox.offer("ack", b"1", retain=False)
    wire.settle()
    assert fate_of(fate) is False
    wire.outbox.rise()
    wire.advance()
    assert wire.sent == []


def test_offline_a_retained_message_waits_and_its_newest_goes_out() -> None:
    wire = Wire()
    first = wire.outbox.offer("lamps", b"1", retain=True)
    second = wire.outbox.offer("lamps", b"2", retain=True)
    wire.outbox.rise()
    wire.advance()
    assert wire.sent == [(1, "lamps", b"2", True)]
    assert (fate_of(first), fate_of(second)) == (None, None)
    wire.outbox.acknowledge(1)
    wire.settle()
    assert (fate_of(first), fate_of(second)) == (True, True)


def test_a_lost_connection_drops_answers_under_way_and_repeats_retained_messages() -> None:
    wire = Wire()
    wire.outbox.rise()
    lamps = wire.outbox.offer("lamps", b"1", retain=True)
    answer = wire.outbox.offer("ack", b"1", retain=False)
    wire.advance()
    wire.outbox.fall()
    wire.settle()
    assert (fate_of(lamps), fate_of(answer)) == (None, False)
    wire.outbox.rise()
    wire.advance()
    assert wire.sent[2:] == [(3, "lamps", b"1", True)]
    wire.outbox.acknowledge(1)  # of the connection before: nobody's any more
    wire.settle()
    assert fate_of(lamps) is None
    wire.outbox.acknowledge(3)
    wire.settle()
    assert fate_of(lamps) is True


def test_a_retained_message_that_arrived_is_said_again_at_the_next_connect() -> None:
    wire = Wire()
    wire.outbox.rise()
    wire.outbox.offer("lamps", b"1", retain=True)
    wire.advance()
    wire.outbox.acknowledge(1)
    wire.outbox.fall()
    wire.outbox.rise()
    wire.advance()
    assert [message[1:] for message in wire.sent] == [("lamps", b"1", True)] * 2


def test_what_was_forgotten_is_not_said_again() -> None:
    wire = Wire()
    fate = wire.outbox.offer("lamps", b"1", retain=True)
    wire.outbox.forget()
    wire.settle()
    wire.outbox.rise()
    wire.advance()
    assert (fate_of(fate), wire.sent) == (False, [])


def test_no_more_than_the_window_is_in_flight_and_no_more_than_the_room_waits() -> None:
    wire = Wire()
    wire.outbox.rise()
    for _ in range(WINDOW):
        wire.outbox.offer("ack", b"", retain=False)
        wire.advance()
    fates = [wire.outbox.offer("ack", b"", retain=False) for _ in range(WAITING + 1)]
    lamps = wire.outbox.offer("lamps", b"", retain=True)
    wire.advance()
    wire.settle()
    assert len(wire.sent) == WINDOW
    assert [fate_of(fate) for fate in fates[-2:]] == [None, False]
    assert fate_of(lamps) is None
    wire.outbox.acknowledge(1)
    wire.advance()
    assert len(wire.sent) == WINDOW + 1


OPERATION = st.sampled_from(["lamps", "lamps2", "ack", "rise", "fall", "puback", "advance"])


@given(st.lists(OPERATION, max_size=60))
def test_in_any_history_every_fate_is_settled_once_and_the_newest_lamps_arrive(
    operations: list[str],
) -> None:
    wire = Wire()
    acknowledged = 0
    fates: list[Future[bool]] = []
    newest: dict[str, bytes] = {}
    for number, operation in enumerate(operations):
        match operation:
            case "rise":
                if not wire.outbox.up:
                    wire.outbox.rise()
            case "fall":
                wire.outbox.fall()
            case "advance":
                if wire.outbox.up:
                    wire.advance()
            case "puback":
                acknowledged = min(acknowledged + 1, len(wire.sent))
                wire.outbox.acknowledge(acknowledged)
            case topic:
                payload = str(number).encode()
                fates.append(wire.outbox.offer(topic, payload, topic != "ack"))
                if topic != "ack":
                    newest[topic] = payload
        wire.settle()  # raises if a fate were settled twice
    wire.outbox.fall()
    wire.outbox.rise()
    start = len(wire.sent)
    wire.advance()
    for mid, *_ in wire.sent[start:]:
        wire.outbox.acknowledge(mid)
    wire.settle()
    assert all(fate.done() for fate in fates)
    assert wire.outbox.pending() == []
    last = {topic: payload for _, topic, payload, retain in wire.sent if retain}
    assert last == newest


def test_waits_between_attempts_double_up_to_a_bound_and_differ() -> None:
    waits = [delay(attempt) for attempt in range(40)]
    assert all(FIRST_S / 2 <= wait <= MOST_S for wait in waits)
    assert waits[0] <= FIRST_S
    assert min(waits[6:]) >= MOST_S / 2
    assert len({round(wait, 6) for wait in waits[6:]}) > 10
