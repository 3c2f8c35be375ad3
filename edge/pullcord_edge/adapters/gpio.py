"""Pins by gpiozero: lights, buzzer, buttons and switches. `GPIOZERO_PIN_FACTORY` is honoured."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from pullcord_edge.adapters.clock import up
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.core.input import DeviceState, Switched
from pullcord_edge.core.lamp import Lamp
from pullcord_edge.core.setting import Contact, Pull, Setting

ROOM: Final = 256
FACTORY: Final = "GPIOZERO_PIN_FACTORY"


class Pins:
    """Every pin of a station, opened once; a device whose pin fails is a fault, the others work."""

    def __init__(self, setting: Setting, inbox: Inbox) -> None:
        self._setting = setting
        self._inbox = inbox
        self._lane = inbox.lane(ROOM)
        self._lamps: dict[Lamp, Any] = {}
        self._inputs: dict[str, Any] = {}
        self._buzzer: Any = None
        self._factory: Any = None
        self._broken: str | None = None
        self._told: dict[str, bool] = {}
        self._failed: set[str] = set()

    def start(self) -> None:
        """Open them all; lamps dark, buzzer silent, and tell how every contact stands."""
        setting = self._setting
        for light in setting.lights:
            for colour, pin in light.pins.items():
                self._try(light.name, self._open_lamp, (light.name, colour), pin, light.active_low)
        if setting.buzzer is not None:
            self._try("buzzer", self._open_buzzer)
        for button in setting.buttons:
            self._try(button.name, self._open_contact, button.name, button.contact)
        for sensor in setting.sensors:
            if sensor.contact is not None:
                self._try(sensor.name, self._open_contact, sensor.name, sensor.contact)

    def light(self, lit: frozenset[Lamp]) -> None:
        """Exactly these lamps are lit."""
        for lamp, device in self._lamps.items():
            self._set(lamp[0], device, float(lamp in lit))

    def sound(self, sounds: bool) -> None:
        """The buzzer sounds, or it does not."""
        if self._buzzer is not None:
            self._set("buzzer", self._buzzer, self._loud if sounds else 0.0)

    def check(self) -> None:
        """Tell of every contact that stands otherwise than last told: trembling may hide a change."""
        for name, device in self._inputs.items():
            closed = bool(device.is_active)
            if closed != self._told.get(name):
                self._tell(name, closed)

    def stop(self) -> None:
        """Everything off, and the pins let go."""
        devices = [*self._lamps.values(), *self._inputs.values()]
        for device in [*devices, self._buzzer]:
            if device is not None:
                with suppress(Exception):
                    device.close()

    def _set(self, name: str, device: Any, value: float) -> None:
        """Drive a pin; one that fails is a fault, and tried again at its next change."""
        from gpiozero import GPIOZeroError

        if device.closed:
            return
        try:
            device.value = value
        except (GPIOZeroError, OSError, RuntimeError) as error:
            self._inbox.put(DeviceState(name, f"pin: {' '.join(str(error).split())}"))

    @property
    def _loud(self) -> float:
        buzzer = self._setting.buzzer
        return 1.0 if buzzer is None or buzzer.tone_hz is None else 0.5

    def _open_lamp(self, lamp: Lamp, pin: int, active_low: bool) -> None:
        from gpiozero import DigitalOutputDevice

        self._lamps[lamp] = DigitalOutputDevice(
            pin, active_high=not active_low, pin_factory=self._make_factory()
        )

    def _open_buzzer(self) -> None:
        from gpiozero import DigitalOutputDevice, PWMOutputDevice

        buzzer = self._setting.buzzer
        assert buzzer is not None
        factory = self._make_factory()
        if buzzer.tone_hz is None:
            self._buzzer = DigitalOutputDevice(
                buzzer.pin, active_high=not buzzer.active_low, pin_factory=factory
            )
        else:
            self._buzzer = PWMOutputDevice(
                buzzer.pin,
                active_high=not buzzer.active_low,
                frequency=round(buzzer.tone_hz),
                pin_factory=factory,
            )

    def _open_contact(self, name: str, contact: Contact) -> None:
        from gpiozero import DigitalInputDevice

        pulled = {Pull.UP: True, Pull.DOWN: False, Pull.NONE: None}[contact.pull]
        device = DigitalInputDevice(
            contact.pin,
            pull_up=pulled,
            active_state=contact.active_high if pulled is None else None,
            pin_factory=self._make_factory(),
        )
        self._inputs[name] = device
        device.when_activated = self._teller(name, True)
        device.when_deactivated = self._teller(name, False)
        self._tell(name, bool(device.is_active))

    def _teller(self, name: str, closed: bool) -> Callable[[], None]:
        return lambda: self._tell(name, closed)

    def _tell(self, name: str, closed: bool) -> None:
        if self._lane.offer(Switched(name, closed, up())):
            self._told[name] = closed

    def _make_factory(self) -> Any:
        """The factory that the environment names, else gpiozero's own choice; tried once."""
        from gpiozero import BadPinFactory, Device

        if self._factory is None and self._broken is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    Device.ensure_pin_factory()
                except (OSError, RuntimeError, ValueError, ImportError, BadPinFactory) as error:
                    self._broken = f"no access to the pins: {error}"
            self._factory = Device.pin_factory
        if self._broken is not None:
            raise OSError(self._broken)
        return self._factory

    def _try(self, device: str, open_it: Callable[..., None], *what: object) -> None:
        from gpiozero import GPIOZeroError

        try:
            open_it(*what)
        except (GPIOZeroError, OSError, RuntimeError, ValueError, ImportError) as error:
            words = " ".join(str(error).split()) or type(error).__name__
            self._failed.add(device)
            self._inbox.put(DeviceState(device, f"pin: {words}"))
        else:
            if device not in self._failed:
                self._inbox.put(DeviceState(device, None))
