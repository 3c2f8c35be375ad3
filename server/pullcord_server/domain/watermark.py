"""How far a journal is committed here, and what a page of it may do (the server's side of 7.3)."""

from collections.abc import Collection
from dataclasses import dataclass

from pullcord_wire.message import Entry, Page, Refused


@dataclass(frozen=True, slots=True)
class Lost:
    """Entries `first` to `last` of a journal that no station can send any more."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Apply:
    """Commit `entries` and `lost` together with the watermark `upto`, then ack the page's journal.

    `new`: the journal is not known here yet and must be written down, whatever the page holds.
    `forked`: the finding `journal_forked` belongs to it.
    """

    upto: int
    entries: tuple[Entry | Refused, ...] = ()
    lost: Lost | None = None
    new: bool = False
    forked: bool = False


@dataclass(frozen=True, slots=True)
class AckEarlier:
    """Nothing of the page may be taken: ack `journal`, the one before it, up to `upto`."""

    journal: str
    upto: int


def judge(
    page: Page, upto: int | None, before: int | None, heirs: Collection[str]
) -> Apply | AckEarlier:
    """What `page` does.

    `upto`: the watermark of its journal, `before`: of the journal it follows; None: not known here.
    `heirs`: known journals that follow the same one. `before` and `heirs` count for new ones only.
    """
    follows = page.follows
    if upto is None and follows is not None and (before is None or before < follows.upto):
        return AckEarlier(follows.journal, before or 0)
    new = upto is None
    mark = upto or 0
    lost = _lost(page, mark)
    if lost is not None:
        mark = lost.last
    entries = _next(page, mark)
    return Apply(
        upto=mark + len(entries),
        entries=entries,
        lost=lost,
        new=new,
        forked=new and follows is not None and _forked(page, follows.upto, before, heirs),
    )


def _lost(page: Page, upto: int) -> Lost | None:
    """What lies between, provided that the station knows what is needed and has it no more."""
    first = min(page.held, page.entries[0].seq) if page.entries else page.held
    if page.acked != upto or first <= upto + 1:
        return None
    return Lost(upto + 1, first - 1)


def _next(page: Page, upto: int) -> tuple[Entry | Refused, ...]:
    """The entries that come next; none when there is a gap or nothing new."""
    if not page.entries:
        return ()
    known = upto + 1 - page.entries[0].seq
    return page.entries[known:] if known >= 0 else ()


def _forked(page: Page, upto: int, before: int | None, heirs: Collection[str]) -> bool:
    """A card went back or was cloned: another follows the same, or that one went on further."""
    return any(heir != page.journal for heir in heirs) or (before is not None and before > upto)
