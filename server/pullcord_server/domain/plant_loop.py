"""A `[[loop]]` of plant.toml: its keys, their defaults, and what its kind asks for (DESIGN 3.2)."""

from dataclasses import replace
from fractions import Fraction

from .calendar import working_day
from .duration import parse_rate
from .plant import MINUTE, Calendar, DropAt, Kind, Loop, Release, Scans
from .section import MOST, Section
from .toml_value import parse_text, read_date, read_time, shown

LOOP_KEYS = (
    *("id", "kind", "item", "source", "consumer", "quantity", "cards", "lead_time", "scans"),
    *("demand", "release", "release_count", "release_times", "strict", "min_cycle"),
    *("repeat_window", "drop_at", "start", "stuck_factor", "lot", "reorder_point"),
    *("cycle", "slots", "cut_off", "cycle_start"),
)
#: Keys that only loops of some kinds have.
KIND_KEYS = {
    "release_count": (Kind.WITHDRAWAL,),
    "release_times": (Kind.WITHDRAWAL,),
    "lot": (Kind.SIGNAL,),
    "reorder_point": (Kind.SIGNAL,),
    "cycle": (Kind.SUPPLIER,),
    "slots": (Kind.SUPPLIER,),
    "cut_off": (Kind.SUPPLIER,),
    "cycle_start": (Kind.SUPPLIER,),
}
RELEASES = {
    Kind.WITHDRAWAL: (Release.AT_ONCE, Release.COUNT, Release.TIMES),
    Kind.PRODUCTION: (Release.AT_ONCE, Release.HEIJUNKA),
    Kind.SIGNAL: (Release.AT_ONCE,),
    Kind.SUPPLIER: (Release.AT_ONCE,),
}
MOST_CARDS = 999


def read_loop(section: Section) -> Loop:
    """The loop of one table; what is wrong is noted. `demand` is read later, by `read_demand`."""
    kind = section.choice("kind", Kind, None, "write what kind of kanban loop it is")
    source = section.name("source", None, "write the process or supplier that fills the boxes")
    in_house = kind in (Kind.PRODUCTION, Kind.SIGNAL) or not section.good("kind")
    lead_time = section.duration(
        "lead_time", None, "write the time from release until the goods are there", least=1
    )
    if section.good("kind"):
        _foreign_keys(section, kind)
    loop = Loop(
        id=_loop_id(section),
        kind=kind,
        item=section.name("item", None, "write the id of an [[item]]"),
        source=source,
        consumer=section.name(
            "consumer", source if in_house else None, "write the process that uses the goods"
        ),
        quantity=section.whole("quantity", None, "write the number of pieces in one box", least=1),
        cards=_cards(section),
        lead_time=lead_time,
        scans=_scans(section, kind),
        release=section.choice("release", Release, Release.AT_ONCE, "leave it out for at-once"),
        release_count=_optional(section, "release_count", "write how many cards gather", 1),
        release_times=_times(section, "release_times"),
        strict=section.flag("strict", False, "true refuses what is out of step"),
        min_cycle=section.duration(
            "min_cycle", lead_time // 2, "write the shortest time in which a box can come and go"
        ),
        repeat_window=section.duration(
            "repeat_window", 5 * MINUTE, "write how long a second scan is the same scan"
        ),
        drop_at=section.choice("drop_at", DropAt, DropAt.LAST_PIECE, "write when the card drops"),
        start_full=_start_full(section),
        stuck_factor=section.number(
            "stuck_factor", Fraction(2), "write how many times too long is stuck", over=0
        ),
        lot=_optional(section, "lot", "write the number of boxes made at once", 1),
        reorder_point=_optional(section, "reorder_point", "write a number of boxes", 0),
        cycle=_cycle(section),
        slots=_times(section, "slots"),
        cut_off=section.duration("cut_off", 0, "write how long before a slot it is closed"),
        cycle_start=_date(section, "cycle_start"),
    )
    if section.good("kind"):
        _check_kind(section, loop)
    if kind is Kind.SIGNAL:
        loop = replace(loop, lot=loop.lot or 1, reorder_point=loop.reorder_point or 0)
    return loop


def read_demand(section: Section, calendar: Calendar | None) -> Fraction | None:
    """Pieces per working minute; a day in it is an ordinary working day of the consumer's."""
    if not section.has("demand"):
        return None
    fix = 'write pieces per working time: "1/min", "60/h" or "480/d"'
    minutes = Fraction(working_day(calendar), MINUTE)
    read = parse_text(lambda text: parse_rate(text, minutes))
    found = read(section.table["demand"])
    if found is None:
        section.wrong("demand", f"must be a rate, not {shown(section.table['demand'])}; {fix}")
    elif not 0 < found <= MOST:
        section.wrong("demand", f"must be more than 0, at most {MOST}/min; leave it out if unknown")
        return None
    return found


def _loop_id(section: Section) -> str:
    """Card names and printed codes are made of it, so it has only what every scanner types."""
    found = section.name("id", None, "give the loop a short name")
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "-") else "-" for c in found.upper())
    plain = plain.strip("-")[:32].strip("-") or "LOOP-1"
    if section.good("id") and found != plain:
        section.wrong(
            "id",
            f"must be made of 0-9 A-Z and - alone (32 at most, none at the ends), "
            f'since it is printed on cards, not {shown(found)}; write "{plain}"',
        )
    return found


def _cards(section: Section) -> int:
    found = section.whole("cards", None, "write how many cards circulate", 1, MOST_CARDS)
    return found if section.good("cards") else MOST_CARDS


def _scans(section: Section, kind: Kind) -> tuple[str, ...]:
    """The scans a floor does: the first always, the last, and the one between, in that order."""
    in_house = kind in (Kind.PRODUCTION, Kind.SIGNAL)
    steps = ("start", "finish") if in_house else ("dispatch", "arrival")
    firsts = ("withdrawal", "dispatch") if in_house else ("withdrawal",)
    allowed = [(f, *rest) for f in firsts for rest in ((), steps[1:], steps)]
    if not section.has("scans"):
        section.wrong("scans", f"is missing; write {_lists(allowed)}")
        return allowed[-1]
    found = section.table["scans"]
    if not section.good("kind"):
        return allowed[-1]
    if not isinstance(found, list) or tuple(map(str, found)) not in allowed:
        text = f"of a {kind.value} loop must not be {shown(found)}; write {_lists(allowed)}"
        section.wrong("scans", text)
        return allowed[-1]
    return tuple(found)


def _lists(allowed: list[tuple[str, ...]]) -> str:
    return " or ".join(shown(list(scans)) for scans in allowed)


def _times(section: Section, key: str) -> tuple[int, ...]:
    fix = 'write them as ["08:00", "10:00"]'
    return tuple(sorted(section.each(key, fix, read_time, 'a time such as "08:00"')))


def _optional(section: Section, key: str, fix: str, least: int) -> int | None:
    return section.whole(key, least, fix, least) if section.has(key) else None


def _start_full(section: Section) -> bool:
    word = section.text("start", "full", 'write "full", or "empty" for boxes still to be filled')
    if section.good("start") and word not in ("full", "empty"):
        section.wrong(
            "start",
            f'must be "full" or "empty", not {shown(word)}; "empty" for boxes still to be filled',
        )
    return word != "empty"


def _cycle(section: Section) -> tuple[int, int, int] | None:
    """A-B-C: every A days, B deliveries, goods C deliveries later."""
    if not section.has("cycle"):
        return None
    match section.table["cycle"]:
        case [int() as days, int() as deliveries, int() as later] as found if (
            0 < days <= 366
            and 0 < deliveries <= 96
            and 0 <= later <= 999
            and not any(isinstance(number, bool) for number in found)
        ):
            return (days, deliveries, later)
        case wrong:
            section.wrong(
                "cycle",
                f"must be [A, B, C], not {shown(wrong)}; write [1, 6, 2] for every day (A), "
                "6 deliveries (B), goods 2 deliveries later (C)",
            )
            return None


def _date(section: Section, key: str) -> str | None:
    if not section.has(key):
        return None
    found = read_date(section.table[key])
    if found is None:
        given = shown(section.table[key])
        section.wrong(key, f'must be a date, not {given}; write "2026-11-23"')
    return found


def _foreign_keys(section: Section, kind: Kind) -> None:
    for key, kinds in KIND_KEYS.items():
        if section.has(key) and kind not in kinds:
            fits = " and ".join(k.value for k in kinds)
            section.wrong(key, f"is for {fits} loops, not for a {kind.value} loop; leave it out")


def _check_kind(section: Section, loop: Loop) -> None:
    _check_release(section, loop)
    if loop.strict and section.good("scans", "strict") and loop.profile is Scans.ONE:
        section.wrong("strict", "needs more than one scan to refuse anything; scan more or drop it")
    match loop.kind:
        case Kind.SIGNAL:
            _check_signal(section, loop)
        case Kind.SUPPLIER:
            _check_supplier(section, loop)
        case _:
            return


def _check_release(section: Section, loop: Loop) -> None:
    allowed = RELEASES[loop.kind]
    if section.good("release") and loop.release not in allowed:
        words = " or ".join(f'"{word.value}"' for word in allowed)
        section.wrong("release", f"of a {loop.kind.value} loop must be {words}; write one of them")
        return
    pairs = (("release_count", Release.COUNT), ("release_times", Release.TIMES))
    for key, release in pairs:
        wanted = loop.release is release
        if wanted and section.good("release") and not section.table.get(key):
            section.wrong(key, f'is missing; release = "{release.value}" needs it')
        elif not wanted and section.has(key) and section.good("release", key):
            section.wrong(key, f'has no use without release = "{release.value}"; leave it out')
    judged = section.good("release_count", "cards")
    if judged and loop.release_count is not None and loop.release_count > loop.cards:
        text = f"must be at most {loop.cards}, the number of cards; else they never gather"
        section.wrong("release_count", text)


def _check_signal(section: Section, loop: Loop) -> None:
    if loop.cards == 1 and section.good("cards"):
        if loop.lot not in (None, 1):
            section.wrong("lot", "must be 1 where one card is the triangle; leave it out")
        return
    if loop.lot is None:
        if section.good("lot"):
            section.wrong("lot", "is missing; write the number of boxes made at once")
        return
    needed = loop.lot + (loop.reorder_point or 0)
    if section.good("cards", "lot", "reorder_point") and loop.cards < needed:
        section.wrong(
            "cards",
            f"must be at least {needed}, lot + reorder_point, not {loop.cards}; "
            "else the lot would never gather: more cards, or a smaller lot",
        )


def _check_supplier(section: Section, loop: Loop) -> None:
    if loop.cycle is None:
        if section.good("cycle"):
            section.wrong("cycle", "is missing; write [A, B, C] such as [1, 6, 2]")
        return
    days, deliveries, _ = loop.cycle
    if section.good("slots") and len(loop.slots) != deliveries:
        section.wrong(
            "slots",
            f"must be {deliveries} times, one for each delivery of the cycle, not {len(loop.slots)}"
            '; write them as ["08:00", …]',
        )
    if days > 1 and loop.cycle_start is None and section.good("cycle_start"):
        section.wrong("cycle_start", f"is missing; write the first of every {days} delivery days")
