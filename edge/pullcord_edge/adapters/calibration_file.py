"""The file of calibrations beside the journal: written whole and durably, or not at all."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from pullcord_edge.core.calibration import Calibration, Key


def calibration_path(journal: str) -> Path:
    """Where the calibrations of the station of this journal are."""
    return Path(journal + ".calibration")


def read_calibrations(path: Path) -> tuple[dict[Key, Calibration], str | None]:
    """Those of the file; and why it could not be read, then none is."""
    try:
        rows = json.loads(path.read_text("utf-8"))
        return {
            (row["sensor"], row["serial"]): Calibration(
                float(row["zero"]), float(row["factor"]), int(row["at"]), str(row["by"])
            )
            for row in rows
        }, None
    except FileNotFoundError:
        return {}, None
    except (OSError, ValueError, KeyError, TypeError) as error:
        return {}, f"calibrations: {path} cannot be read ({error}); calibrate anew"


def write_calibrations(path: Path, kept: Mapping[Key, Calibration]) -> None:
    """Replace the file; OSError: it is as it was."""
    rows = [
        {
            "sensor": sensor,
            "serial": serial,
            "zero": c.zero,
            "factor": c.factor,
            "at": c.at,
            "by": c.by,
        }
        for (sensor, serial), c in sorted(kept.items())
    ]
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(rows, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
