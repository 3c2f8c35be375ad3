"""How fast each driver parses: good frames, and noise that begins like frames.

Bytes a second of processor time; `python -m bench.readers` also prints how many times the speed of the driver's
line that is, and microseconds a frame. The floor is a Python loop that looks at every byte once.
"""

import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from bench.host import load
from bench.table import Measure
from pullcord_edge.readers.catalogue import CATALOGUE, DriverSpec, Source, build

FRAMES = Path(__file__).parent.parent / "tests/edge/readers/data"
CHUNK = 64
SECONDS = 0.3


def good_frames(spec: DriverSpec) -> list[tuple[dict[str, str], bytes]]:
    """The driver's good frames, each with its options."""
    found = []
    for path in (FRAMES / "frames.json", FRAMES / "more_frames.json"):
        for case in json.loads(path.read_text())["cases"]:
            expect = case["expect"]
            good = expect.get("reads") or expect.get("values")
            if case["driver"] != spec.name or expect.get("noise") or not (good or not spec.serial):
                continue
            options = {key: case[key] for key in ("model", "variant", "format") if key in case}
            if spec.source is Source.BITS:
                found.append((options, bytes(int(bit) for bit in case["bits"])))
            else:
                found.append((options, bytes.fromhex(case["hex"])))
    return found


def rate(feed: Callable[[bytes, float], object], stream: bytes, burst: int = 0) -> float:
    """Bytes a second, in chunks as a port gives them, or in bursts that silence ends."""
    size, pause = (burst, 1.0) if burst else (CHUNK, 1e-4)
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    done, now, begun = 0, 0.0, time.process_time()
    while time.process_time() - begun < SECONDS:
        for chunk in chunks:
            feed(chunk, now)
            now += pause
            done += len(chunk)
    return done / (time.process_time() - begun)


def look(chunk: bytes, now: float) -> int:
    """The limit: every byte once."""
    total = 0
    for byte in chunk:
        total ^= byte
    return total


def noisy(frames: list[bytes]) -> bytes:
    """Frames with one byte in eight changed."""
    dice = random.Random(1)
    data = bytearray(b"".join(frames) * (4096 // len(b"".join(frames)) + 1))
    top = 1 if max(data) <= 1 else 255
    for at in range(0, len(data), 8):
        data[at + dice.randrange(min(8, len(data) - at))] = dice.randint(0, top)
    return bytes(data)


@dataclass(frozen=True, slots=True)
class Speed:
    """Bytes a second of a driver over good frames and over noise; bytes of a frame."""

    spec: DriverSpec
    good: float
    noise: float
    frame: float


def speeds() -> Iterator[Speed]:
    """Of every driver whose frames are known."""
    for spec in CATALOGUE.values():
        frames = good_frames(spec)
        if not frames:
            continue
        options = frames[0][0]
        alike = [frame for each, frame in frames if each == options]
        size = len(b"".join(alike))
        stream = b"".join(alike) * (4096 // size + 1)
        burst = len(alike[0]) if spec.name.startswith("wiegand") else 0
        yield Speed(
            spec,
            rate(build(spec.name, options).feed, stream, burst),
            rate(build(spec.name, options).feed, noisy(alike), burst),
            size / len(alike),
        )


def run(_folder: Path, quick: bool) -> Iterator[Measure]:
    """The slowest driver and the middle one."""
    limit = rate(look, bytes(range(256)) * 16)
    found = list(islice(speeds(), 3 if quick else None))
    for what, speed in (("good frames", _good), ("noise", _noise)):
        order = sorted(found, key=speed)
        for place, each in (("slowest", order[0]), ("median", order[len(order) // 2])):
            text = f"{what}, {place} of {len(order)} drivers ({each.spec.name})"
            yield Measure("readers", text, "MB/s", speed(each) / 1e6, limit / 1e6, (), load())


def _good(speed: Speed) -> float:
    return speed.good


def _noise(speed: Speed) -> float:
    return speed.noise


def main() -> None:
    """Print the table."""
    limit = rate(look, bytes(range(256)) * 16)
    print(f"limit: {limit / 1e6:.1f} MB/s (a loop over the bytes)")
    print(f"{'driver':<16}{'MB/s':>8}{'limit/x':>9}{'x line':>9}{'us/frame':>10}{'noise MB/s':>12}")
    for each in speeds():
        serial = each.spec.serial
        line = f"{each.good / (serial.baud / 10):9.0f}" if serial else f"{'':9}"
        print(
            f"{each.spec.name:<16}{each.good / 1e6:8.2f}{limit / each.good:9.1f}{line}"
            f"{each.frame / each.good * 1e6:10.1f}{each.noise / 1e6:12.2f}"
        )


if __name__ == "__main__":
    main()
