"""Stories of random plants: lived, made shorter where they fail, and told in lines a person can read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic

from pullcord_server.storage.engine import open_engine
from support.day import Day, from_nothing, moved_to, reborn
from support.desk import MINUTE, new_database, quick_place
from support.random_day import RandomDay
from support.random_plant import BACKUP, Story
from support.random_watch import Watch
from support.refill import assert_equal, backup, refill


def live(story: Story, folder: Path, seed: int = 0) -> None:
    """The whole story with everything that must hold; at its end, databases that are made anew are equal."""
    day = RandomDay.on(new_database(folder / "a.db"), story)
    watch = Watch.over(day)
    page = Random(seed).choice((1, 3, 500))
    kept: Path | None = None
    for place, move in enumerate(story.moves):
        if move == BACKUP:
            kept = backup(day, folder / "c.db")
        else:
            day.move(move)
        watch.look()
        if place % 50 == 49:
            watch.tell_again()
    day.end()
    day.move(("wait", 3 * MINUTE))  # what waits for its late partner is settled
    watch.look()
    watch.tell_again()
    _made_anew(day, moved_to(day, from_nothing(day, folder / "b.db")), seed, page, "from nothing")
    if kept is not None:
        again = moved_to(
            day, reborn(open_engine(f"sqlite:///{kept}"), day.server.copy, day.server.now)
        )
        _made_anew(day, again, seed + 1, page, "from the backup")


def _made_anew(day: Day, again: Day, seed: int, page: int, how: str) -> None:
    refill(again, seed, page)
    try:
        assert_equal(day, again)
    except AssertionError as error:
        raise AssertionError(f"made anew {how}, {page} a page, it differs:\n{error}") from error


def failure(story: Story, seed: int = 0) -> str | None:
    """What does not hold in the story; None: all does."""
    with TemporaryDirectory(dir=quick_place()) as folder:
        try:
            live(story, Path(folder), seed)
        except AssertionError as error:
            return str(error) or repr(error)
        except Exception as error:  # noqa: BLE001 - a crash fails a story as well
            return repr(error)
    return None


def shorten(story: Story, fails: Callable[[Story], bool], patience_s: float = 120.0) -> Story:
    """The story with as many moves left out as leave it failing: halves, then less, then single ones."""
    until = monotonic() + patience_s
    moves, size = list(story.moves), len(story.moves) // 2
    while size:
        place = 0
        while place < len(moves) and monotonic() < until:
            fewer = moves[:place] + moves[place + size :]
            if fails(replace(story, moves=tuple(fewer))):
                moves = fewer
            else:
                place += size
        size //= 2
    return _fewer_loops(replace(story, moves=tuple(moves)), fails)


def _fewer_loops(story: Story, fails: Callable[[Story], bool]) -> Story:
    for part in story.parts:
        fewer = replace(story, parts=tuple(p for p in story.parts if p != part))
        told = {str(v)[:2] for move in story.moves for v in move}
        if fewer.parts and part not in told and fails(fewer):
            story = fewer
    return story


def tell(story: Story) -> str:
    """A line for each thing that happened: when, where, what."""
    now = story.begins
    offline: set[str] = set()
    lines = [f"a plant with {', '.join(story.parts)}"]
    for move in story.moves:
        name, *values = move
        if name == "wait":
            now += values[0]
            continue
        when = datetime.fromtimestamp(now / 1000, UTC).strftime("%d. %H:%M:%S")
        lines.append(f"{when} {_words(name, values, offline)}")
        if name == "offline":
            offline.add(values[0])
        elif name == "online":
            offline.discard(values[0])
    return "\n".join(lines)


_AT = {"scan", "printed", "code", "level", "hang", "undo", "press", "call"}


def _words(name: str, values: Sequence[object], offline: set[str]) -> str:
    match name, *values:
        case ["backup"]:
            return "a backup is made"
        case ["scan", station, event, part, number]:
            text = f"{station}: {part}-{number:03d} {event}"
        case ["printed", station, event, card, version]:
            text = f"{station}: {card} {event} (print {version})"
        case ["level", station, sensor, empty]:
            text = f"{station}: {sensor} {'empty' if empty else 'full'}"
        case [_, station, *rest] if name in _AT or name in (
            "offline",
            "online",
            "restart",
            "repeat",
        ):
            text = f"{station}: {name} {' '.join(map(str, rest))}".rstrip()
        case _:
            text = f"people: {name} {' '.join(map(str, values))}".rstrip()
    return text + (" (offline)" if name in _AT and values[0] in offline else "")
