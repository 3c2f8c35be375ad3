"""Checks of the journal: sound, kept long enough, sent, of this site."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pullcord_edge.checks.result import Check, failed, judged, passed, warned

_DAY_MS: Final = 86_400_000
_MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class JournalFacts:
    """`error`: why it cannot be read; `trimmed`: older entries are gone; `running`: who writes it."""

    path: str
    exists: bool = True
    error: str | None = None
    journals: int = 0
    held: int = 0
    unacked: int = 0
    oldest_unacked_at: int | None = None
    oldest_at: int | None = None
    trimmed: bool = False
    other_sites: tuple[str, ...] = ()
    other_stations: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    size: int = 0
    running: str | None = None


def check_journal(journal: JournalFacts, now: int, oldest_backup_days: float) -> Iterator[Check]:
    """Every check of this family; `now`: ms since 1970."""
    if journal.running:
        yield passed("station runs", journal.running)
    else:
        fix = "sudo systemctl start pullcord-edge"
        yield warned("station runs", "no program writes this journal", fix)
    if not journal.exists:
        yield warned("journal is sound", "there is none yet", "start the station once")
        return
    fix = "sudo systemctl restart pullcord-edge: it sets the file aside and saves what it can"
    yield judged("journal is sound", journal.error is None, journal.error or journal.path, fix)
    if journal.error is not None:
        return
    aside = "; ".join(journal.damaged)
    fix = "look at the files beside the journal, then take them away; replace the SD card"
    yield (
        warned("no damaged journal", aside, fix)
        if aside
        else passed("no damaged journal", "none was set aside")
    )
    yield _check_retention(journal, now, oldest_backup_days)
    yield _check_backlog(journal, now)
    sites = ", ".join(journal.other_sites)
    fix = "is site in station.toml right? Else start with a new journal: [journal] path"
    yield judged(
        "journal is of this site",
        not sites,
        f"entries of {sites} are not sent here" if sites else "all of it",
        fix,
    )
    if journal.other_stations:
        seen = f"it also holds entries of {', '.join(journal.other_stations)}"
        fix = "right after a rename; else use one card for one station"
        yield warned("journal is of this station", seen, fix)
    else:
        yield passed("journal is of this station", "all of it")
    yield passed("journal size", f"{journal.size / _MIB:.1f} MiB, {journal.held} entries")


def _check_retention(journal: JournalFacts, now: int, oldest_backup_days: float) -> Check:
    name = "journal outlives backups"
    if journal.oldest_at is None or not journal.trimmed:
        return passed(name, "everything since the first start is there")
    days = (now - journal.oldest_at) / _DAY_MS
    seen = f"entries of the last {days:.1f} days, backups of {oldest_backup_days:g} days"
    fix = "make backups of the server more often, or throw the older ones away"
    return judged(name, days > oldest_backup_days, seen, fix)


def _check_backlog(journal: JournalFacts, now: int) -> Check:
    if not journal.unacked:
        return passed("entries are sent", "the server has all of them")
    minutes = (now - (journal.oldest_unacked_at or now)) / 60_000
    seen = f"{journal.unacked} wait, the oldest for {minutes:.0f} min"
    fix = "see the checks of broker and server below; nothing is lost meanwhile"
    if minutes > 5:
        return failed("entries are sent", seen, fix)
    return passed("entries are sent", seen)
