"""What the tests of the journal share: drafts, starts, pages read back."""

from pathlib import Path

from pullcord_edge.core.replication import JournalHead, Question
from pullcord_edge.journal import Draft, Journal, Start
from pullcord_wire.codec import decode
from pullcord_wire.message import Ask, ClockState, CodeBody, Entry, EntryType, Page

T0 = 1_790_000_000_000
"""When the tests' stations start, ms since 1970."""


def draft(code: str = "0A00B41F2C", at: int = T0) -> Draft:
    """A drop of the card `code`."""
    return Draft(EntryType.WITHDRAWAL, at, 12.5, ClockState.SYNCED, CodeBody("post", code))


def start(path: Path, site: str = "tsutsumi", station: str = "assy1-post", at: int = T0) -> Journal:
    """A start of the program on the journal at `path`."""
    return Journal(path, Start(site, station, "b1f4", at))


def question(head: JournalHead, first: int, count: int, raw: bool = False) -> Question:
    """A question for `count` entries of a journal."""
    return Question(
        head.id, head.follows, head.held, head.acked, Ask(head.id, 1), first, count, raw
    )


def read_page(journal: Journal, head: JournalHead, first: int, count: int) -> Page:
    """The page a server would read."""
    return decode(Page, journal.page(question(head, first, count)))


def read_all(journal: Journal, head: JournalHead) -> list[Entry]:
    """Every entry of a journal that is held, page by page, as a server would read it."""
    entries: list[Entry] = []
    first = head.held
    while first <= head.last:
        page = read_page(journal, head, first, 500)
        assert page.entries
        for entry in page.entries:
            assert isinstance(entry, Entry), entry
            entries.append(entry)
        first += len(page.entries)
    return entries


def codes(entries: list[Entry]) -> list[str | None]:
    """The code of each entry; None for what is lost."""
    return [entry.body.code if isinstance(entry.body, CodeBody) else None for entry in entries]
