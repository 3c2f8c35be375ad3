"""The write-ahead log beside the file: its frames, and whether the disk spoiled some of them.

SQLite takes the first bad frame for the end of the log and drops, without a word, what follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from struct import iter_unpack, unpack_from
from typing import Final

from pullcord_edge.journal.carve import PAGE_SIZE

_HEADER: Final = 32
_FRAME: Final = 24
_MAGICS: Final = {0x377F0682: "<", 0x377F0683: ">"}
"""Magic number → byte order of the words its checksums are made of."""
_MASK: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Frame:
    """One page as a transaction left it; `commit`: the last of its transaction; `good`: proved."""

    page: int
    commit: bool
    good: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """The current round of a write-ahead log; not `sound`: its header is spoiled."""

    sound: bool
    frames: tuple[Frame, ...]

    @property
    def spoiled(self) -> bool:
        """Whether something is bad that was committed, since a later transaction stands behind it.

        A bad frame in the last transaction is what a power cut leaves: that one was never accepted.
        """
        frames = self.frames
        if not self.sound:
            return any(frame.commit and frame.good for frame in frames)
        bad = next((place for place, frame in enumerate(frames) if not frame.good), len(frames))
        rest = frames[bad:]
        committed = sum(frame.commit for frame in rest) > 1
        return committed and any(frame.commit and frame.good for frame in rest[1:])


def read_log(path: Path) -> Log:
    """The log at `path`; one without frames where there is none."""
    log = path.read_bytes() if path.exists() else b""
    if len(log) < _HEADER:
        return Log(True, ())
    magic, _, size = unpack_from(">3I", log)
    order = _MAGICS.get(magic, "<")
    sound = magic in _MAGICS and size == PAGE_SIZE
    sound = sound and _sum(log[:24], order, (0, 0)) == unpack_from(">2I", log, 24)
    return Log(sound, tuple(_frames(log, order, sound)))


def _frames(log: bytes, order: str, sound: bool) -> Iterator[Frame]:
    """Every frame up to the last with the salts of the header or, is that spoiled, of a good frame."""
    spots = range(_HEADER, len(log) - _FRAME - PAGE_SIZE + 1, _FRAME + PAGE_SIZE)
    sums = [unpack_from(">2I", log, spot + 16) for spot in spots]
    before = [unpack_from(">2I", log, 24), *sums]
    goods = [
        _sum(log[spot : spot + 8] + log[spot + _FRAME : spot + _FRAME + PAGE_SIZE], order, seed)
        == stored
        for spot, seed, stored in zip(spots, before, sums, strict=False)
    ]
    salts = [log[spot + 8 : spot + 16] for spot in spots]
    current = (
        log[16:24] if sound else next((s for s, ok in zip(salts, goods, strict=True) if ok), b"")
    )
    count = max((place + 1 for place, salt in enumerate(salts) if salt == current), default=0)
    for spot, good, salt in list(zip(spots, goods, salts, strict=True))[:count]:
        number, commit = unpack_from(">2I", log, spot)
        data = log[spot + _FRAME : spot + _FRAME + PAGE_SIZE]
        yield Frame(number, commit != 0, good and salt == current, data)


def _sum(data: bytes, order: str, seed: tuple[int, ...]) -> tuple[int, int]:
    """SQLite's running checksum over pairs of words."""
    one, two = seed
    for first, second in iter_unpack(f"{order}2I", data):
        one = (one + first + two) & _MASK
        two = (two + second + one) & _MASK
    return one, two
