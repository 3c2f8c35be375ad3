"""How a Pi was told to start: which lines of config.txt count on this model."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

#: A part of the model's name, the file of firmware-config/boot that is for it, its sections in config.txt.
MODELS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "Zero 2": ("zero2", frozenset({"pi02", "pi0", "pi0w"})),
    "Pi 3": ("pi3", frozenset({"pi3", "pi3+"})),
    "Pi 400": ("pi4", frozenset({"pi4", "pi400"})),
    "Pi 4": ("pi4", frozenset({"pi4"})),
    "Compute Module 4": ("pi4", frozenset({"pi4", "cm4"})),
    "Pi 500": ("pi5", frozenset({"pi5", "pi500"})),
    "Pi 5": ("pi5", frozenset({"pi5"})),
    "Compute Module 5": ("pi5", frozenset({"pi5", "cm5"})),
}


@dataclass(frozen=True, slots=True)
class BootFacts:
    """`config`: the text of config.txt, None: no Pi; `cmdline`: the kernel's; `gettys`: ports of logins."""

    config: str | None = None
    cmdline: str = ""
    gettys: tuple[str, ...] = ()
    model: str = ""

    @property
    def pi(self) -> str:
        """The name of this model in firmware-config/boot: `pi3`, `pi4`, `pi5`, `zero2`; else empty."""
        return next((pi for part, (pi, _) in MODELS.items() if part in self.model), "")

    @property
    def fragment(self) -> str:
        """The file of firmware-config that has the right lines for this model."""
        return f"firmware-config/boot/config-{self.pi or 'pi4'}.txt"


def lines(boot: BootFacts) -> tuple[str, ...]:
    """The lines of config.txt that count on this model, without blanks and comments."""
    return tuple(_lines(boot))


def _lines(boot: BootFacts) -> Iterator[str]:
    mine = next((names for part, (_, names) in MODELS.items() if part in boot.model), None)
    others = frozenset().union(*(names for _, names in MODELS.values())) - (mine or frozenset())
    counts = True
    for text in (boot.config or "").splitlines():
        line = text.split("#")[0].replace(" ", "").strip()
        if line.startswith("[") and line.endswith("]"):
            name = line[1:-1].lower()
            counts = name != "none" and not (mine is not None and name in others)
        elif line and counts:
            yield line


def has(boot: BootFacts, *settings: str) -> bool:
    """Whether one of these lines is among them, alone or with more behind a comma."""
    return any(
        line == setting or line.startswith(f"{setting},")
        for line in lines(boot)
        for setting in settings
    )


def driven_pins(boot: BootFacts) -> dict[int, str]:
    """The pins that `gpio=5,6,12-13=op,dl` drives before Linux starts, and how: `dl` or `dh`."""
    driven: dict[int, str] = {}
    for line in lines(boot):
        key, _, rest = line.partition("=")
        pins, _, how = rest.partition("=")
        words = how.split(",")
        if key == "gpio" and "op" in words and words[-1] in ("dl", "dh"):
            driven |= dict.fromkeys(_pins(pins), words[-1])
    return driven


def _pins(text: str) -> Iterator[int]:
    for part in text.split(","):
        low, _, high = part.partition("-")
        if low.isdecimal() and (high or low).isdecimal():
            yield from range(int(low), int(high or low) + 1)
