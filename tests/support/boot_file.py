"""The grammar of config.txt, as the firmware reads it: strict, and with the line of each thing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: The firmware reads no further than this in a line.
LONGEST = 98
_GPIO = re.compile(r"(?P<pins>\d+(-\d+)?(,\d+(-\d+)?)*)=(?P<how>[a-z0-9]+(,[a-z0-9]+)*)")
_HOW = {"ip", "op", "dh", "dl", "pu", "pd", "pn", "np", "a0", "a1", "a2", "a3", "a4", "a5"}


@dataclass(frozen=True)
class Setting:
    """`key = value` at a line, in the section it stands in; `spare`: it is commented out."""

    line: int
    section: str
    key: str
    value: str
    spare: bool = False


def read_boot(path: Path) -> list[Setting]:
    """Every setting of the file; AssertionError at what the firmware would not understand."""
    return list(_read(path.read_text("utf-8")))


def _read(text: str) -> Iterator[Setting]:
    section = "all"
    for number, line in enumerate(text.splitlines(), start=1):
        assert len(line) <= LONGEST, f"line {number} is longer than the firmware reads"
        assert line == line.rstrip(), f"line {number} ends in blanks"
        if not line or line.startswith("# "):
            continue
        if found := re.fullmatch(r"\[([a-z0-9+]+)\]", line):
            section = found[1]
            continue
        spare = line.startswith("#")
        key, equals, value = line.removeprefix("#").partition("=")
        assert equals and re.fullmatch(r"[a-z0-9_]+", key) and value, f"line {number}: {line}"
        yield Setting(number, section, key, value, spare)


def pins_of(setting: Setting) -> tuple[list[int], set[str]]:
    """The pins of a `gpio=` line and what is done to them."""
    found = _GPIO.fullmatch(setting.value)
    assert found, f"line {setting.line}: gpio={setting.value}"
    how = set(found["how"].split(","))
    assert how <= _HOW, how - _HOW
    pins: list[int] = []
    for part in found["pins"].split(","):
        low, _, high = part.partition("-")
        pins += range(int(low), int(high or low) + 1)
    return pins, how
