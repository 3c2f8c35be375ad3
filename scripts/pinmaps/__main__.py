"""Draws every station of firmware-config/stations/ anew; `--check`: says which drawing is not current."""

import sys
from pathlib import Path

from pullcord_edge.config import load

from .drawing import draw
from .wiring import wire

FIRMWARE = Path(__file__).parent.parent.parent / "firmware-config"


def render(path: Path) -> str:
    """The drawing of a station's file."""
    station = load(path)
    subtitle = f"firmware-config/stations/{path.name} · numbers are pins of the header, GPIO is BCM"
    return draw(f"{station.station}: wiring", subtitle, wire(station))


def main() -> int:
    """The exit status: 1 where a drawing is not current and was only to be checked."""
    old = []
    for path in sorted((FIRMWARE / "stations").glob("*.toml")):
        target = FIRMWARE / "pinmaps" / f"{path.stem}.svg"
        drawing = render(path)
        if target.exists() and target.read_text("utf-8") == drawing:
            continue
        old.append(target.name)
        if "--check" not in sys.argv:
            target.write_text(drawing, encoding="utf-8")
    if "--check" in sys.argv and old:
        print(f"not current: {', '.join(old)}; run python -m scripts.pinmaps", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
