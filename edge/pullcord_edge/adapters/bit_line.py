"""Two wires that send bits (Wiegand): a low pulse on D0 is a 0, on D1 a 1. By gpiozero."""

from collections import deque
from typing import Any, Final

from pullcord_edge.adapters.serial_port import PortError
from pullcord_edge.adapters.waker import Waker

_MOST: Final = 10_000
"""So many bits may wait; wires that swing without end are not kept."""


class BitLine:
    """The two pins, opened; each bit is one byte, 0 or 1."""

    def __init__(self, d0: int, d1: int) -> None:
        """PortError names what is in the way."""
        from gpiozero import DigitalInputDevice, GPIOZeroError

        self._bits: deque[int] = deque(maxlen=_MOST)
        self._waker = Waker()
        self._pins: list[Any] = []
        try:
            for bit, pin in enumerate((d0, d1)):
                device = DigitalInputDevice(pin, pull_up=True)
                self._pins.append(device)
                device.when_activated = self._taker(bit)
        except (GPIOZeroError, OSError, RuntimeError, ImportError) as error:
            self.close()
            raise PortError("pin", " ".join(str(error).split())) from error

    def _taker(self, bit: int) -> Any:
        def take() -> None:
            self._bits.append(bit)
            self.wake()

        return take

    def read(self, timeout_s: float) -> bytes:
        """The bits that came, at most after the time-out."""
        self._waker.wait(0.0 if self._bits else timeout_s)
        bits = bytearray()
        while self._bits:
            bits.append(self._bits.popleft())
        return bytes(bits)

    def write(self, data: bytes) -> None:
        """These wires only listen."""

    def wake(self) -> None:
        """End a `read` that waits, from any thread."""
        self._waker.wake()

    def close(self) -> None:
        """Let the pins go."""
        for device in self._pins:
            device.close()
        self._pins.clear()
        self._waker.close()
