"""What the readers, sensors and buttons of a station mean: from frames and contacts to entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from pullcord_edge.core.cause import Cause, Drop, Owed
from pullcord_edge.core.feedback import Notice
from pullcord_edge.core.gesture import Doubtful, Dropped, GestureFilter, Happening, Left
from pullcord_edge.core.input import CardSeen, Measured, Switched, TagsSeen
from pullcord_edge.core.level import Debounce, Judged, LevelFilter
from pullcord_edge.core.recall import Memory
from pullcord_edge.core.setting import Act, Setting
from pullcord_wire.message import Body, CallBody, CodeBody, EntryType, LevelBody

LONG_S: Final = 5.0
"""A button that raises no call, held for so long, asks for a self-test."""


@dataclass(frozen=True, slots=True)
class Sensed:
    """Something to record."""

    type: EntryType
    body: Body
    up: float
    cause: Cause


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button is pressed, or let go: `press` says what that means, unless it was for something else."""

    button: str
    pressed: bool
    up: float


@dataclass(frozen=True, slots=True)
class Asked:
    """A person pressed the button for this."""

    act: Act
    up: float


@dataclass(frozen=True, slots=True)
class Doubted:
    """A frame that is taken for noise."""

    reader: str
    code: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A button is pressed for too long (`fault`), or let go again."""

    button: str
    fault: str | None


Sense: TypeAlias = Sensed | Pressed | Asked | Doubted | Stuck


class Senses:
    """All inputs of a station. Each method says what its input means; `tick`, what time does."""

    def __init__(self, setting: Setting, memory: Memory, now: float) -> None:
        self._types = {reader.name: reader.type for reader in setting.readers}
        self._gestures = {
            reader.name: GestureFilter(
                reader.gesture,
                memory.known,
                memory.resting.get(reader.name, ()) if reader.gesture.many else (),
                now,
            )
            for reader in setting.readers
        }
        self._levels = {
            sensor.name: LevelFilter(sensor.level, memory.empty.get(sensor.name))
            for sensor in setting.sensors
        }
        self._buttons = {button.name: button for button in setting.buttons}
        self._presses = {
            button.name: Debounce(
                button.debounce_s, bool(button.call and memory.pressed.get(button.name))
            )
            for button in setting.buttons
        }
        self._held: dict[str, float] = {}
        self._long: dict[str, float] = {}

    def feel(self, happened: CardSeen | TagsSeen | Measured | Switched) -> list[Sense]:
        """What this means."""
        match happened:
            case CardSeen(reader, code, up):
                return list(self._gesture(reader, self._gestures[reader].read(code, up), up))
            case TagsSeen(reader, codes, up):
                return list(self._gesture(reader, self._gestures[reader].see(codes, up), up))
            case Measured(sensor, value, up):
                return list(self._judge(sensor, self._levels[sensor].measure(value, up), up))
            case Switched(device, closed, up) if device in self._levels:
                return list(self._judge(device, self._levels[device].close(closed, up), up))
            case Switched(device, closed, up):
                return list(self._touch(device, self._presses[device].feed(closed, up), up))
            case _:
                assert_never(happened)

    def tick(self, now: float) -> list[Sense]:
        """What time alone makes of it."""
        senses: list[Sense] = []
        for reader, gestures in self._gestures.items():
            senses += self._gesture(reader, gestures.tick(now), now)
        for sensor, level in self._levels.items():
            senses += self._judge(sensor, level.tick(now), now)
        for name, press in self._presses.items():
            senses += self._touch(name, press.tick(now), now)
        senses += self._pressed_long(now)
        senses += self._stuck(now)
        return senses

    def press(self, name: str, pressed: bool, up: float) -> list[Sense]:
        """What a press means, or that its button is let go."""
        button = self._buttons[name]
        if button.call is not None:
            body = CallBody(name, button.call, pressed)
            return [Sensed(EntryType.CALL, body, up, Owed(Notice.CALLED if pressed else None))]
        if not pressed:
            self._long.pop(name, None)
            return []
        self._long[name] = up + LONG_S
        return [Asked(Act.UNDO, up)] if button.act is Act.UNDO else []

    def due(self) -> Iterator[float]:
        """The times at which `tick` may have something to say."""
        inputs = (self._gestures, self._levels, self._presses)
        for due_at in (each.due_at for kind in inputs for each in kind.values()):
            if due_at is not None:
                yield due_at
        yield from self._long.values()
        for name, since in self._held.items():
            yield since + self._buttons[name].stuck_s

    def forget(self, drop: Drop) -> None:
        """This drop was not kept: its card's next frame counts again."""
        self._gestures[drop.reader].forget(drop.code)

    def _gesture(self, reader: str, happenings: list[Happening], up: float) -> Iterator[Sense]:
        for happening in happenings:
            match happening:
                case Dropped(code):
                    body = CodeBody(reader, code)
                    yield Sensed(self._types[reader], body, up, Drop(reader, code))
                case Left(code):
                    yield Sensed(EntryType.REMOVED, CodeBody(reader, code), up, Owed())
                case Doubtful(code):
                    yield Doubted(reader, code)
                case _:
                    assert_never(happening)

    def _judge(self, sensor: str, judged: Judged | None, up: float) -> Iterator[Sense]:
        if judged is not None:
            body = LevelBody(sensor, judged.value, judged.empty)
            yield Sensed(EntryType.LEVEL, body, up, Owed())

    def _touch(self, button: str, pressed: bool | None, up: float) -> Iterator[Sense]:
        """A button's contact has settled, or (None) not yet."""
        if pressed is None:
            return
        if pressed:
            self._held[button] = up
        else:
            self._held.pop(button, None)
            yield Stuck(button, None)
        yield Pressed(button, pressed, up)

    def _pressed_long(self, now: float) -> Iterator[Sense]:
        for name, at in list(self._long.items()):
            if now >= at:
                del self._long[name]
                yield Asked(Act.SELFTEST, now)

    def _stuck(self, now: float) -> Iterator[Sense]:
        for name, since in list(self._held.items()):
            limit = self._buttons[name].stuck_s
            if now >= since + limit:
                del self._held[name]
                yield Stuck(name, f"stuck: pressed for {limit:g} s")
