"""Pins through gpiozero's mock factory: lamps, buzzer, contacts of every wiring, and pins that fail."""

from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPWMPin

from pullcord_edge.adapters.gpio import Pins
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.core.input import DeviceState, Switched
from pullcord_edge.core.setting import (
    Broker,
    Button,
    Buzzer,
    Contact,
    Journal,
    Level,
    Light,
    Pull,
    Sensor,
    Setting,
)

STACK = Light("stack", pins={"red": 5, "green": 13}, colours=("red", "green"))


@pytest.fixture
def factory() -> Iterator[Any]:
    """Mock pins of this test alone."""
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


def setting(**more: Any) -> Setting:
    """A station with these pins."""
    return Setting("s", "a", Broker("h", 1), Journal("j"), **more)


def opened(inbox: Inbox, **more: Any) -> Pins:
    """Pins that were opened."""
    pins = Pins(setting(**more), inbox)
    pins.start()
    return pins


def contacts(inbox: Inbox) -> list[tuple[str, bool]]:
    """What contacts told."""
    return [(item.device, item.closed) for item in inbox.take(0) if isinstance(item, Switched)]


def test_exactly_the_lamps_that_are_lit_are_driven(factory: Any) -> None:
    pins = opened(Inbox(), lights=(STACK,))
    assert not factory.pin(5).state
    pins.light(frozenset({("stack", "red")}))
    assert (bool(factory.pin(5).state), bool(factory.pin(13).state)) == (True, False)
    pins.light(frozenset({("stack", "green")}))
    assert (bool(factory.pin(5).state), bool(factory.pin(13).state)) == (False, True)
    pins.stop()


def test_a_board_that_is_active_low_is_driven_the_other_way(factory: Any) -> None:
    low = Light("low", pins={"red": 6}, active_low=True, colours=("red",))
    pins = opened(Inbox(), lights=(low,))
    assert factory.pin(6).state
    pins.light(frozenset({("low", "red")}))
    assert not factory.pin(6).state
    pins.stop()


@pytest.mark.parametrize(("tone", "loud"), [(None, 1.0), (2700.0, 0.5)])
def test_a_buzzer_sounds_by_itself_or_is_driven(
    factory: Any, tone: float | None, loud: float
) -> None:
    pins = opened(Inbox(), buzzer=Buzzer(18, tone_hz=tone))
    pins.sound(True)
    assert factory.pin(18).state == loud
    if tone:
        assert factory.pin(18).frequency == tone
    pins.sound(False)
    assert factory.pin(18).state == 0
    pins.stop()


@pytest.mark.parametrize(
    ("contact", "high_is_closed"),
    [
        (Contact(21), False),
        (Contact(21, Pull.DOWN, active_high=True), True),
        (Contact(21, Pull.NONE, active_high=True), True),
        (Contact(21, Pull.NONE), False),
    ],
)
def test_contacts_of_every_wiring_tell_how_they_stand(
    factory: Any, contact: Contact, high_is_closed: bool
) -> None:
    inbox = Inbox()
    factory.pin(21).drive_high() if not high_is_closed else factory.pin(21).drive_low()
    pins = opened(inbox, buttons=(Button("cord", contact, call="material"),))
    assert contacts(inbox) == [("cord", False)]
    factory.pin(21).drive_high() if high_is_closed else factory.pin(21).drive_low()
    assert contacts(inbox) == [("cord", True)]
    factory.pin(21).drive_low() if high_is_closed else factory.pin(21).drive_high()
    assert contacts(inbox) == [("cord", False)]
    pins.stop()


def test_a_contact_that_is_closed_at_the_start_is_told(factory: Any) -> None:
    inbox, outside = Inbox(), Contact(17, Pull.NONE)
    factory.pin(17).drive_low()
    pins = opened(inbox, sensors=(Sensor("bin-7", "switch", Level(), contact=outside),))
    assert contacts(inbox) == [("bin-7", True)]
    pins.stop()


def test_a_contact_that_trembles_without_end_is_bounded_and_its_last_state_told(
    factory: Any,
) -> None:
    inbox = Inbox()
    pins = opened(inbox, buttons=(Button("cord", Contact(21), call="material"),))
    for _ in range(2000):
        factory.pin(21).drive_low()
        factory.pin(21).drive_high()
    factory.pin(21).drive_low()
    told = contacts(inbox)
    assert len(told) < 1000
    pins.check()
    assert [*told, *contacts(inbox)][-1] == ("cord", True)
    pins.stop()


def test_a_pin_that_cannot_be_had_is_a_fault_of_its_device_alone(factory: Any) -> None:
    inbox = Inbox()
    other = opened(Inbox(), lights=(STACK,))
    pins = opened(inbox, lights=(STACK,), buttons=(Button("cord", Contact(21), call="material"),))
    states = [item for item in inbox.take(0) if isinstance(item, DeviceState)]
    faults = {state.device: state.fault for state in states}
    assert faults["cord"] is None
    assert "already in use" in str(faults["stack"])
    pins.light(frozenset({("stack", "red")}))
    pins.stop()
    other.stop()


def test_without_any_pins_the_station_runs_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "none-such")
    monkeypatch.setattr(Device, "pin_factory", None)
    inbox = Inbox()
    pins = opened(inbox, lights=(STACK,))
    (state, _) = [item for item in inbox.take(0) if isinstance(item, DeviceState)]
    assert state.fault == "pin: no access to the pins: Unable to find pin factory 'none-such'"
    pins.light(frozenset())
    pins.sound(True)
    pins.stop()


def test_at_the_end_everything_is_dark(factory: Any) -> None:
    pins = opened(Inbox(), lights=(STACK,))
    pins.light(frozenset({("stack", "red")}))
    pins.stop()
    assert factory.pin(5).function == "input"
    pins.light(frozenset({("stack", "red")}))
    assert factory.pin(5).function == "input"
