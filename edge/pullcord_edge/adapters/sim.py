"""Readers that are not there: ptys that send what real ones would, and a hand to hold cards to them."""

import errno
import os
import select
import threading
import time
import tty
from contextlib import suppress
from pathlib import Path
from typing import Final

from pullcord_edge.core.setting import Contact
from pullcord_edge.core.voice import VOICES

REPEAT_S: Final = 0.065
"""An RDM6300 says a resting card so often."""
_WIRE_S: Final = 0.02


class PretendPins:
    """The contacts of gpiozero's mock pins, moved by hand; to be chosen before any pin is opened."""

    def __init__(self) -> None:
        os.environ["GPIOZERO_PIN_FACTORY"] = "mock"
        os.environ.setdefault("GPIOZERO_MOCK_PIN_CLASS", "mockpwmpin")

    def close(self, contact: Contact, closed: bool) -> None:
        """Close this contact, or open it."""
        from gpiozero import Device

        Device.ensure_pin_factory()
        pin = Device.pin_factory.pin(contact.pin)
        if closed == contact.active_high:
            pin.drive_high()
        else:
            pin.drive_low()


class PretendReader:
    """A pty behind a path that stays. What is written to it is thrown away, or (`looped`) comes back."""

    def __init__(self, path: Path, driver: str, looped: bool = False) -> None:
        """`path` becomes a link to the pty. KeyError: nobody knows how that driver's reader talks."""
        self.path = path
        self._voice = VOICES[driver]
        self._master = -1
        self._lock = threading.Lock()
        self.plug()
        if looped:
            threading.Thread(target=self._return, name=f"wire of {path}", daemon=True).start()

    def plug(self) -> None:
        """Plug it in (again)."""
        if self._master >= 0:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave)
        target = os.ttyname(slave)
        new = self.path.with_name(self.path.name + ".new")
        new.unlink(missing_ok=True)
        new.symlink_to(target)
        new.rename(self.path)
        os.close(slave)

    def unplug(self) -> None:
        """Pull it out: its path is gone, who has it open reads an error."""
        self.path.unlink(missing_ok=True)
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def is_open(self) -> bool:
        """Whether a program has its port open."""
        if self._master < 0:
            return False
        poll = select.poll()
        poll.register(self._master, select.POLLOUT)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def drop(self, code: str, rest_s: float = 0.3) -> bool:
        """Hold a card to it for so long; False: nobody listens. ValueError: no code of its kind."""
        frame = self._voice.frame(code)
        end = time.monotonic() + rest_s
        while self.is_open() and self.send(frame):
            if not self._voice.repeats or time.monotonic() + REPEAT_S > end:
                return True
            time.sleep(REPEAT_S)
        return False

    def send(self, data: bytes) -> bool:
        """Send these very bytes; False: it is unplugged."""
        with self._lock:
            if self._master < 0:
                return False
            self._drain()
            try:
                os.write(self._master, data)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                return False
            return True

    def _return(self) -> None:
        """What the station sends comes back, as through a wire from sender to receiver."""
        while True:
            time.sleep(_WIRE_S)
            with self._lock, suppress(OSError, ValueError):
                if select.select([self._master], [], [], 0)[0]:
                    os.write(self._master, os.read(self._master, 4096))

    def _drain(self) -> None:
        """Throw away what the station sent, lest the pty fills up."""
        while select.select([self._master], [], [], 0)[0]:
            with suppress(OSError):
                if os.read(self._master, 4096):
                    continue
            return
