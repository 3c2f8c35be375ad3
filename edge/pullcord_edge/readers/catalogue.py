"""Every driver by name: how it is made, what may be set, how its port and its reads are taken."""

from collections.abc import Mapping

from .catalogue_display import DISPLAYS
from .catalogue_light import LIGHTS
from .catalogue_reader import READERS
from .catalogue_sensor import SENSORS
from .event import Driver
from .option import DriverError, Value, did_you_mean, resolve
from .spec import DriverSpec, Gives, Serial, Source

CATALOGUE: Mapping[str, DriverSpec] = {
    spec.name: spec for spec in (*READERS, *SENSORS, *LIGHTS, *DISPLAYS)
}


def find(name: str) -> DriverSpec:
    """The driver of this name. Raises DriverError."""
    spec = CATALOGUE.get(name)
    if spec is None:
        raise DriverError([f'there is no driver "{name}"{did_you_mean(name, CATALOGUE)}'])
    return spec


def problems_of(name: str, options: Mapping[str, Value]) -> list[str]:
    """Every problem of a driver's name and options, a sentence each; empty: it can be built."""
    try:
        spec = find(name)
    except DriverError as error:
        return list(error.problems)
    return resolve(name, spec.options, options)[1]


def build(name: str, options: Mapping[str, Value] | None = None) -> Driver:
    """A driver, ready to be fed. Raises DriverError with every problem."""
    spec = find(name)
    values, problems = resolve(name, spec.options, options or {})
    if problems:
        raise DriverError(problems)
    return spec.make(values)


__all__ = [
    "CATALOGUE",
    "DriverError",
    "DriverSpec",
    "Gives",
    "Serial",
    "Source",
    "build",
    "find",
    "problems_of",
]
