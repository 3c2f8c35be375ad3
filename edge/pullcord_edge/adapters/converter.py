"""An HX711 on two pins: waits for its word, clocks the bits out, gives three bytes. By gpiozero."""

import threading
import time
from typing import Any, Final

from pullcord_edge.adapters.serial_port import PortError

READY_S: Final = 1.0
"""The slowest HX711 gives ten words a second; one that is silent for so long is not there."""
_LOOK_S: Final = 0.005
_BITS: Final = 24
_TOO_LONG_S: Final = 60e-6
"""A clock that stays high for longer puts the converter to sleep: the word is thrown away."""


class Converter:
    """The two pins, opened. `gain_pulses`: 1 for channel A at 128, 2 for B at 32, 3 for A at 64."""

    def __init__(self, dout: int, sck: int, gain_pulses: int = 1) -> None:
        """PortError names what is in the way."""
        from gpiozero import DigitalInputDevice, DigitalOutputDevice, GPIOZeroError

        self._gain_pulses = gain_pulses
        self._woken = threading.Event()
        self._silent_since = time.monotonic()
        try:
            self._data: Any = DigitalInputDevice(dout, pull_up=None, active_state=True)
            self._clock: Any = DigitalOutputDevice(sck)
        except (GPIOZeroError, OSError, RuntimeError, ImportError) as error:
            raise PortError("pin", " ".join(str(error).split())) from error

    def read(self, timeout_s: float) -> bytes:
        """The next word, three bytes; nothing after the time-out. PortError: it is silent."""
        end = time.monotonic() + timeout_s
        self._woken.clear()
        while self._data.value:
            now = time.monotonic()
            if now - self._silent_since > READY_S:
                self._silent_since = now
                raise PortError("silent: gives no word", "is it wired, and has it power?")
            if now >= end or self._woken.wait(_LOOK_S):
                return b""
        self._silent_since = time.monotonic()
        return self._clock_out()

    def _clock_out(self) -> bytes:
        word, slow = 0, False
        for number in range(_BITS + self._gain_pulses):
            begun = time.perf_counter()
            self._clock.on()
            bit = int(self._data.value) if number < _BITS else 0
            self._clock.off()
            slow = slow or time.perf_counter() - begun > _TOO_LONG_S
            if number < _BITS:
                word = word << 1 | bit
        return b"" if slow else word.to_bytes(3, "big")

    def write(self, data: bytes) -> None:
        """The converter is not written to."""

    def wake(self) -> None:
        """End a `read` that waits, from any thread."""
        self._woken.set()

    def close(self) -> None:
        """Let the pins go."""
        self._data.close()
        self._clock.close()
