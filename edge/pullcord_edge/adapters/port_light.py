"""A stack light on a port: told what it shows at each change, and again every so often."""

import threading
from collections.abc import Callable, Mapping
from typing import Final

from pullcord_edge.adapters.device import Channel
from pullcord_edge.adapters.inbox import Inbox
from pullcord_edge.adapters.port_worker import PortWorker
from pullcord_edge.core.lamp import Lamp
from pullcord_edge.core.light_frame import LIGHTS, frames_for
from pullcord_edge.core.setting import Light
from pullcord_wire.message import Pattern

REFRESH_S: Final = 5.0
"""A light that lost its power for a moment is right again after this."""
ANSWER_S: Final = 0.3
"""A light that answers each frame has so long for it."""
MISSES: Final = 3
"""After so many answers in a row that did not come, it is silent."""
BUZZER: Final = "buzzer"


class PortLight:
    """One light. It is dark at the start and at the end; while the port is gone it shows what it did."""

    def __init__(self, light: Light, open_channel: Callable[[], Channel], inbox: Inbox) -> None:
        self._light = light
        self._spec = LIGHTS[light.driver]
        self._open = open_channel
        self._worker = PortWorker(light.name, inbox, self._attend)
        self._changed = threading.Event()
        self._wanted: dict[str, Pattern] = dict.fromkeys(self._spec.lamps, Pattern.OFF)
        self._missed = 0

    def start(self) -> None:
        """Begin."""
        self._worker.start()

    def light(self, lit: frozenset[Lamp]) -> None:
        """Exactly these lamps are lit."""
        wanted = dict(self._wanted)
        for colour in self._light.colours:
            wanted[colour] = Pattern.ON if (self._light.name, colour) in lit else Pattern.OFF
        self._want(wanted)

    def sound(self, sounds: bool) -> None:
        """The light's own buzzer sounds, if it has one."""
        if BUZZER in self._wanted:
            self._want({**self._wanted, BUZZER: Pattern.ON if sounds else Pattern.OFF})

    def stop(self, timeout_s: float = 1.0) -> bool:
        """Dark, and the port let go; whether that was done in time."""
        self._want(dict.fromkeys(self._spec.lamps, Pattern.OFF))
        self._worker.stopping.set()
        self._changed.set()
        return self._worker.join(timeout_s)

    def _want(self, wanted: dict[str, Pattern]) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    def _attend(self) -> None:
        """One opening of the port, until it is gone (PortError) or the program ends."""
        channel = self._open()
        shown: Mapping[str, Pattern] = {}
        self._missed = 0
        try:
            while True:
                self._changed.clear()
                stopping = self._worker.stopping.is_set()
                wanted = self._wanted
                self._show(channel, wanted, shown)
                shown = wanted
                if stopping:
                    return
                if not self._changed.wait(REFRESH_S):
                    shown = {}
        finally:
            channel.close()

    def _show(
        self, channel: Channel, wanted: Mapping[str, Pattern], shown: Mapping[str, Pattern]
    ) -> None:
        if wanted == shown:
            return
        changes = {
            lamp: pattern
            for lamp, pattern in wanted.items()
            if not self._spec.paced or shown.get(lamp) != pattern
        }
        for frame in frames_for(self._light.driver, changes):
            channel.read(0.0)
            channel.write(frame)
            if self._spec.paced:
                answered = bool(channel.read(ANSWER_S))
                self._missed = 0 if answered else self._missed + 1
        self._worker.tell("silent: answers nothing" if self._missed >= MISSES else None)
