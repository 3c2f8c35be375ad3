"""What a new plant definition changes, in words, and what that does to cards."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from fractions import Fraction
from types import MappingProxyType
from typing import TypeVar

from .duration import show_duration, show_time
from .plant import Bin, Calendar, Item, Kind, Loop, Plant, Process, Station, Supplier

Named = TypeVar("Named", Process, Supplier, Item, Loop, Station)

#: More tags than this that change alike are told as a number.
_MANY_TAGS = 10
_NONE: Mapping[str, int] = MappingProxyType({})
_DURATIONS = frozenset({"lead_time", "min_cycle", "repeat_window", "cut_off"})
_TIMES = frozenset({"release_times", "slots"})
#: What a loop's full boxes and open orders stand on: another value is another loop.
_FIXED = ("kind", "item")


@dataclass(frozen=True, slots=True)
class Refusal:
    """What must not be done: the key of the plant, of a loop where one is named; why, and the fix."""

    loop: str | None
    key: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Changes:
    """`lines` say each change (+ new, ~ changed, - gone), `refused` what must not be done.

    `issued`, `taken_out`: loop → number of cards, by the file alone (surplus cards are used first).
    `retired`: loops that go, whose cards are retired.
    """

    lines: tuple[str, ...]
    refused: tuple[Refusal, ...]
    issued: Mapping[str, int]
    taken_out: Mapping[str, int]
    retired: tuple[str, ...]


def diff(
    old: Plant | None,
    new: Plant,
    circulating: Mapping[str, int] | None = None,
    retire: Collection[str] = (),
) -> Changes:
    """What applying `new` over `old` (None: over nothing) does.

    `circulating`: loop → cards on the floor, where they are known to be others than the file's.
    `retire`: loops whose cards may be retired, named by whoever applies.
    """
    before = Plant(new.site) if old is None else old
    lines = [
        *_head(before, new),
        *_tables("process", before.processes, new.processes, lambda _: ""),
        *_tables("supplier", before.suppliers, new.suppliers, lambda _: ""),
        *_tables("item", before.items, new.items, lambda item: f": {item.name}"),
        *_tables("loop", before.loops, new.loops, _new_loop, _changed_cards),
        *_tables(
            "station", before.stations, new.stations, lambda s: f" at {', '.join(s.processes)}"
        ),
        *_bins(before, new),
        *_tags(before.tags, new.tags),
    ]
    gone = [loop for loop in before.loops if loop not in new.loops]
    on_floor = {n: loop.cards for n, loop in before.loops.items()} | dict(circulating or _NONE)
    retired = tuple(name for name in gone if name in retire or not on_floor[name])
    lines += [
        f"- {_count(on_floor[name], 'card')} of loop {name} retired; the orders they have open end"
        for name in retired
        if on_floor[name]
    ]
    steps = {n: loop.cards - _cards(before, n) for n, loop in new.loops.items()}
    return Changes(
        lines=tuple(lines),
        refused=tuple(_refused(before, new, on_floor, retire)),
        issued={name: step for name, step in steps.items() if step > 0},
        taken_out={name: -step for name, step in steps.items() if step < 0},
        retired=retired,
    )


def _cards(plant: Plant, loop: str) -> int:
    return plant.loops[loop].cards if loop in plant.loops else 0


def _refused(
    old: Plant, new: Plant, on_floor: Mapping[str, int], retire: Collection[str]
) -> Iterator[Refusal]:
    if old.site != new.site:
        text = f"must stay {old.site}: journals and topics have it; a new site is a new database"
        yield Refusal(None, "site", text)
    for name, loop in old.loops.items():
        if name not in new.loops:
            if on_floor[name] and name not in retire:
                text = (
                    f"must not go: {_count(on_floor[name], 'card')} of it circulate; "
                    f"collect them, then apply with --retire {name}"
                )
                yield Refusal(name, None, text)
            continue
        for key in _FIXED:
            was, now = getattr(loop, key), getattr(new.loops[name], key)
            if was != now and on_floor[name]:
                text = (
                    f"must stay {_shown(key, was)}, not {_shown(key, now)}: its "
                    "boxes and orders are of that; give the new loop an id of its own"
                )
                yield Refusal(name, key, text)
    for name in retire:
        if name in new.loops or name not in old.loops:
            yield Refusal(name, None, f"is not one that goes; leave --retire {name} out")


def _head(old: Plant, new: Plant) -> Iterator[str]:
    for key in ("timezone", "language", "calendar"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            yield f"~ {key}: {_shown(key, was)} → {_shown(key, now)}"


def _tables(
    what: str,
    old: Mapping[str, Named],
    new: Mapping[str, Named],
    describe: Callable[[Named], str],
    also: Callable[[Named, Named], str] = lambda _old, _new: "",
) -> Iterator[str]:
    for name, value in new.items():
        if name not in old:
            yield f"+ {what} {name}{describe(value)}"
        elif value != old[name]:
            changed = ", ".join(_fields(old[name], value))
            yield f"~ {what} {name}: {changed}{also(old[name], value)}"
    for name in old:
        if name not in new:
            yield f"- {what} {name}"


def _fields(old: Named, new: Named) -> Iterator[str]:
    for field in fields(new):
        was, now = getattr(old, field.name), getattr(new, field.name)
        if was != now:
            yield f"{field.name} {_shown(field.name, was)} → {_shown(field.name, now)}"


def _new_loop(loop: Loop) -> str:
    way = f"from {loop.source} to {loop.consumer}" if loop.consumer != loop.source else ""
    if loop.kind in (Kind.PRODUCTION, Kind.SIGNAL):
        way = f"at {loop.source}"
    how = "full" if loop.start_full else "empty: each is a signal at once"
    return (
        f": {loop.kind.value} of {loop.item} {way}, {_count(loop.cards, 'card')} of {loop.quantity}; "
        f"{_count(loop.cards, 'card')} issued, {how}"
    )


def _changed_cards(old: Loop, new: Loop) -> str:
    """What the change does to the loop's cards."""
    says = ""
    if new.cards > old.cards:
        says += f"; {_count(new.cards - old.cards, 'card')} more, those taken out before come first"
    elif new.cards < old.cards:
        says += f"; {_count(old.cards - new.cards, 'card')} to take out, at the next drops"
    if new.quantity != old.quantity:
        says += "; boxes that are full keep what they hold, cards want a new print"
    return says


def _bins(old: Plant, new: Plant) -> Iterator[str]:
    was, now = _sensors(old), _sensors(new)
    for key, value in now.items():
        if was.get(key) != value:
            sign = "~" if key in was else "+"
            yield f"{sign} bin {key[1]} at {key[0]}: {value.card or value.loop}"
    for key in was:
        if key not in now:
            yield f"- bin {key[1]} at {key[0]}"


def _sensors(plant: Plant) -> dict[tuple[str, str], Bin]:
    return {(value.station, value.sensor): value for value in plant.bins}


def _tags(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    bound = [f"+ tag {code}: {card}" for code, card in new.items() if code not in old]
    moved = [
        f"~ tag {code}: {old[code]} → {card}"
        for code, card in new.items()
        if code in old and old[code] != card
    ]
    freed = [f"- tag {code}: {card} no more" for code, card in old.items() if code not in new]
    for sign, lines, word in (("+", bound, "bound"), ("~", moved, "moved"), ("-", freed, "freed")):
        if len(lines) > _MANY_TAGS:
            yield f"{sign} {len(lines)} tags {word}"
        else:
            yield from lines


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _shown(key: str, value: object) -> str:
    match value:
        case None | () | "":
            return "none"
        case Calendar():
            return _calendar(value)
        case Enum():
            return str(value.value)
        case bool():
            return "yes" if value else "no"
        case int() if key in _DURATIONS:
            return show_duration(value)
        case tuple() if key in _TIMES:
            return " ".join(show_time(minute) for minute in value)
        case tuple():
            return " ".join(str(part) for part in value)
        case Fraction() if key == "demand":
            return f"{value * 60}/h"
        case _:
            return str(value)


def _calendar(calendar: Calendar) -> str:
    parts = ["days " + " ".join(str(day) for day in calendar.days)]
    for name, spans in (("shifts", calendar.shifts), ("breaks", calendar.breaks)):
        if spans:
            shown = (f"{show_time(start)}-{show_time(end)}" for start, end in spans)
            parts.append(f"{name} {' '.join(shown)}")
    if calendar.holidays:
        parts.append(_count(len(calendar.holidays), "holiday"))
    return f"[{', '.join(parts)}, {calendar.timezone}]"
