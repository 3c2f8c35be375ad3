"""What a new start reads of the ones before it."""

from collections.abc import Iterator
from typing import Final

from pullcord_edge.core.recall import Memory, recall
from pullcord_edge.core.replication import JournalHead, Question
from pullcord_edge.journal import Journal, JournalFailed
from pullcord_wire.codec import PAGE_ENTRIES, decode
from pullcord_wire.message import Ask, Page

RECALL: Final = 2_000
"""So many of the newest entries are remembered."""


def remember(journal: Journal, boot: str) -> Memory:
    """What the newest entries of the journals before this one tell; `boot`: the running one's id."""
    return recall(_newest(journal), boot)


def _newest(journal: Journal) -> Iterator[Page]:
    """The newest entries that can be read, oldest first, a page at a time."""
    spans: list[tuple[JournalHead, int]] = []
    wanted = RECALL
    for head in reversed(journal.heads[:-1]):
        first = max(head.held, head.last - wanted + 1)
        spans.append((head, first))
        wanted -= head.last + 1 - first
        if wanted <= 0:
            break
    for head, first in reversed(spans):
        yield from _pages(journal, head, first)


def _pages(journal: Journal, head: JournalHead, first: int) -> Iterator[Page]:
    """Its entries from `first` on, up to one that cannot be read."""
    while first <= head.last:
        ask = Ask(journal.run, 0)
        question = Question(head.id, head.follows, head.held, head.acked, ask, first, PAGE_ENTRIES)
        try:
            page = decode(Page, journal.page(question))
        except JournalFailed:
            return
        yield page
        first += len(page.entries)
