"""What the lights, the buzzer and the displays were last told, so that they are told changes alone."""

from collections.abc import Callable, Mapping
from typing import Protocol

from pullcord_edge.core.display import Rows
from pullcord_edge.core.feedback import Look
from pullcord_edge.core.front import Front
from pullcord_edge.core.lamp import Lamp, Panel


class Outputs(Protocol):
    """The pins and displays: lights, buzzer, words, buttons and switches."""

    def start(self) -> None:
        """Open them."""

    def light(self, lit: frozenset[Lamp]) -> None:
        """Exactly these lamps are lit."""

    def sound(self, sounds: bool) -> None:
        """The buzzer sounds, or it does not."""

    def write(self, rows: Rows) -> None:
        """Every display says this."""

    def check(self) -> None:
        """Tell of every contact that stands otherwise than last told."""

    def stop(self) -> None:
        """Everything off."""


class Stage:
    """Shows a station's front. `watch` is told what the lights show, at each change."""

    def __init__(
        self, outputs: Outputs, watch: Callable[[Mapping[str, Look]], None] | None
    ) -> None:
        self._outputs = outputs
        self._watch = watch
        self._lit: frozenset[Lamp] | None = None
        self._sounds = False
        self._rows: Rows | None = None
        self._looks: Mapping[str, Look] | None = None

    def show(self, front: Front, up: float) -> None:
        """Everything as it is at this instant."""
        self._light(front.panel, up)
        sounds = front.beeper.sounds(up)
        if sounds != self._sounds:
            self._sounds = sounds
            self._outputs.sound(sounds)
        rows = front.words.rows(up)
        if rows != self._rows:
            self._rows = rows
            self._outputs.write(rows)

    def _light(self, panel: Panel, up: float) -> None:
        lit = panel.lit(up)
        if lit != self._lit:
            self._lit = lit
            self._outputs.light(lit)
        if self._watch is not None:
            looks = {light.name: dict(panel.look(light, up)) for light in panel.lights}
            if looks != self._looks:
                self._looks = looks
                self._watch(looks)
