"""A page as JSON text and back: one unreadable entry refuses itself, never its page."""

from collections.abc import Iterable
from typing import Final, cast

from pullcord_wire import field
from pullcord_wire.document import INTEGER_MAX, dump, elements, parse
from pullcord_wire.entry import PAGE_ROOM, read_entry, read_seq, write_entry
from pullcord_wire.field import Fields, within
from pullcord_wire.message import JSON, Entry, Follows, Page, Refused, WireError

PAGE_ENTRIES: Final = 500
"""The most entries a page holds."""


def fit(entries: Iterable[Entry | Refused], limit: int = PAGE_ROOM) -> int:
    """How many leading entries one page holds: 500, `limit` bytes; at least one if there is any."""
    count = size = 0
    for entry in entries:
        size += len(_write_place(entry).encode()) + 1
        if count == PAGE_ENTRIES or (count and size > limit):
            break
        count += 1
    return count


def write_page(page: Page) -> str:
    """`page` as compact JSON text; a refused entry goes back as it came."""
    if len(page.entries) > PAGE_ENTRIES:
        raise WireError("entries", f"holds {len(page.entries)}, at most {PAGE_ENTRIES} are read")
    head: dict[str, JSON] = {
        "journal": page.journal,
        "follows": _write_follows(page.follows),
        "held": page.held,
        "acked": page.acked,
        "ask": str(page.ask),
        "station": page.station,
        "boot": page.boot,
    }
    places: list[str] = []
    for index, place in enumerate(page.entries):
        with within(f"entries[{index}]"):
            places.append(_write_place(place))
    return f'{dump(head)[:-1]},"entries":[{",".join(places)}]}}'


def _write_follows(follows: Follows | None) -> JSON:
    return {"journal": follows.journal, "upto": follows.upto} if follows else None


def _write_place(place: Entry | Refused) -> str:
    if isinstance(place, Entry):
        return write_entry(place)
    parse(place.raw)
    return place.raw


def read_page(fields: Fields, text: str) -> Page:
    """The page `fields`, parsed from `text`, describe; WireError when its frame is unreadable."""
    return Page(
        journal=field.journal_id(fields, "journal"),
        follows=field.optional(_read_follows, fields, "follows"),
        held=field.integer(fields, "held", low=1),
        acked=field.integer(fields, "acked"),
        ask=field.ask(fields, "ask"),
        station=field.name(fields, "station"),
        boot=field.name(fields, "boot"),
        entries=_read_entries(field.items(fields, "entries"), text),
    )


def _read_follows(fields: Fields, key: str) -> Follows:
    with within(key):
        follows = field.fields_of(fields[key])
        return Follows(field.journal_id(follows, "journal"), field.integer(follows, "upto"))


def _read_entries(items: list[object], text: str) -> tuple[Entry | Refused, ...]:
    if len(items) > PAGE_ENTRIES:
        raise WireError("entries", f"must hold at most {PAGE_ENTRIES}, holds {len(items)}")
    places = [_read_place(item) for item in items]
    numbers = _number(places, items)
    if not any(isinstance(place, WireError) for place in places):
        return cast(tuple[Entry, ...], tuple(places))
    return tuple(
        place if isinstance(place, Entry) else Refused(number, str(place), raw)
        for place, number, raw in zip(places, numbers, elements(text, "entries"), strict=True)
    )


def _read_place(item: object) -> Entry | WireError:
    try:
        return read_entry(item)
    except WireError as error:
        return error


def _number(places: list[Entry | WireError], items: list[object]) -> range:
    """The consecutive numbers of the places; WireError where those that can be read are not so."""
    first: int | None = None if items else 1
    for index, (place, item) in enumerate(zip(places, items, strict=True)):
        seq = place.seq if isinstance(place, Entry) else read_seq(item)
        if seq is None:
            continue
        if first is None:
            first = seq - index
        if seq != first + index:
            raise WireError(f"entries[{index}].seq", f"must be {first + index}, is {seq}")
    if first is None:
        raise WireError("entries", "hold no readable seq")
    if first < 1 or first + len(items) - 1 > INTEGER_MAX:
        raise WireError("entries", f"would be numbered {first} to {first + len(items) - 1}")
    return range(first, first + len(items))
