"""What a station is told to be: the frozen values of its configuration. A pin is a BCM number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pullcord_edge.core.profile.profile import Profile
from pullcord_wire.message import EntryType

Value = str | int | float | bool
"""What an option of a driver may be."""

#: The role of a reader as the configuration says it, and the type of the entries it makes.
ROLES: Mapping[str, EntryType] = {
    "withdrawal": EntryType.WITHDRAWAL,
    "start": EntryType.START,
    "finish": EntryType.FINISH,
    "dispatch": EntryType.DISPATCH,
    "arrival": EntryType.ARRIVAL,
    "none": EntryType.READ,
}

#: The colours a light may have, in the order they stand in a stack.
COLOURS = ("red", "amber", "green", "blue", "white")


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and how the station proves itself to it."""

    host: str
    port: int
    tls: bool = False
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    username: str | None = None
    password_file: str | None = None
    protocol: str = "3.1.1"
    connect_timeout_s: float = 5.0
    keepalive_s: int = 10

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Journal:
    """The file of the journals. `oldest_backup_days`: how old the oldest server backup in use may be."""

    path: str
    oldest_backup_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Port:
    """A serial device or pyserial URL. `modem`: lines set on opening, such as `{"dtr": False}`."""

    url: str
    baud: int = 9600
    bits: int = 8
    parity: str = "N"
    stop: float = 1
    modem: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Gesture:
    """What counts as one gesture at a reader: a tag gone for `absence_s` is gone.

    `confirm`: a tag never seen before needs two equal frames. `repeats`: a resting tag is read again
    and again, so that silence is its leaving. `many`: several tags rest there at once.
    `removed`: a tag's leaving is an entry of its own.
    """

    absence_s: float = 1.0
    confirm: bool = False
    repeats: bool = True
    many: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader of cards: on a port, on pins (Wiegand), or an input device."""

    name: str
    driver: str
    type: EntryType
    gesture: Gesture = field(default_factory=Gesture)
    options: Mapping[str, Value] = field(default_factory=dict)
    port: Port | None = None
    pins: tuple[int, ...] = ()
    device: str | None = None
    profile: Profile | None = None


class Pull(StrEnum):
    """What holds an open input: the pin's own resistor, or one outside."""

    UP = "up"
    DOWN = "down"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Contact:
    """A switch on a pin. Closed means: pulled against `pull` (`none`: `active_high` says)."""

    pin: int
    pull: Pull = Pull.UP
    active_high: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """When a sensor's place is empty. `settle_s`: a judgement counts once it stayed so long.

    A switch: `empty_when_closed`. A measured value: below `empty_below` or above `empty_above`,
    full again only `hysteresis` beyond it; the median of `median` values counts.
    """

    settle_s: float = 0.5
    empty_when_closed: bool = True
    empty_below: float | None = None
    empty_above: float | None = None
    hysteresis: float = 0.0
    median: int = 1


@dataclass(frozen=True, slots=True)
class Sensor:
    """Something that tells whether a place is empty: a switch on a pin, or a device on a port.

    `calibrated`: its values are what a calibration makes of them, kept by the device's `serial` number.
    """

    name: str
    driver: str
    level: Level
    options: Mapping[str, Value] = field(default_factory=dict)
    contact: Contact | None = None
    port: Port | None = None
    pins: tuple[int, ...] = ()
    profile: Profile | None = None
    calibrated: bool = False
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Light:
    """A stack light: a pin for each colour, or (`port`) a device that has its own."""

    name: str
    driver: str = "pins"
    pins: Mapping[str, int] = field(default_factory=dict)
    active_low: bool = False
    colours: tuple[str, ...] = ()
    port: Port | None = None


@dataclass(frozen=True, slots=True)
class Display:
    """A display of two rows on a port."""

    name: str
    driver: str
    port: Port


@dataclass(frozen=True, slots=True)
class Buzzer:
    """A beeper: one that sounds by itself, or (`tone_hz`) one that is driven."""

    pin: int
    active_low: bool = False
    tone_hz: float | None = None


class Language(StrEnum):
    """What a station's displays speak: letters that every one of them has."""

    EN = "en"
    DE = "de"
    ES = "es"
    FR = "fr"


class Act(StrEnum):
    """What a button that raises no call does."""

    UNDO = "undo"
    SELFTEST = "selftest"


@dataclass(frozen=True, slots=True)
class Button:
    """A button or cord: raises `call`, or does `act`; stuck when held for `stuck_s`."""

    name: str
    contact: Contact
    call: str | None = None
    act: Act | None = None
    debounce_s: float = 0.03
    stuck_s: float = 60.0


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a self-test has: `cards` never make an order; `loops`: output → input it is wired to.

    An output is `light.colour` or `buzzer`, an input a spare switch, which is nothing else then.
    `looped`: readers whose port has a wire from its sender to its receiver.
    """

    cards: tuple[str, ...] = ()
    loops: Mapping[str, str] = field(default_factory=dict)
    looped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One station, wholly."""

    site: str
    station: str
    broker: Broker
    journal: Journal
    readers: tuple[Reader, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    lights: tuple[Light, ...] = ()
    displays: tuple[Display, ...] = ()
    buttons: tuple[Button, ...] = ()
    buzzer: Buzzer | None = None
    selftest: SelfTest = field(default_factory=SelfTest)
    language: Language = Language.EN
    file: str = ""
