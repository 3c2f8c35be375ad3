"""The server's clock, by the machine or driven."""

import time

import pytest

from pullcord_server.outside.clock import Clock, ClockBack, DrivenClock, SystemClock


def test_the_system_clock_is_the_machines() -> None:
    clock: Clock = SystemClock()
    before = time.time_ns() // 1_000_000
    now = clock.now()
    assert now is not None
    assert before <= now <= time.time_ns() // 1_000_000


def test_a_driven_clock_has_no_time_before_it_is_set() -> None:
    clock: Clock = DrivenClock()
    assert clock.now() is None


def test_a_driven_clock_goes_forward_and_stands_but_never_goes_back() -> None:
    clock = DrivenClock()
    for now in (1000, 1000, 5000):
        clock.set(now)
        assert clock.now() == now
    with pytest.raises(
        ClockBack, match=r"00:00:05.000Z and does not go back to 1970-01-01T00:00:04.999Z"
    ) as caught:
        clock.set(4999)
    assert (caught.value.now, caught.value.asked, clock.now()) == (5000, 4999, 5000)
