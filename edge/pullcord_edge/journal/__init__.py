"""The durable, numbered record of what a station saw: one SQLite file, one journal a start."""

from pullcord_edge.journal.error import (
    JournalDamaged,
    JournalError,
    JournalFailed,
    JournalFull,
    JournalTaken,
    JournalTooNew,
)
from pullcord_edge.journal.journal import Journal
from pullcord_edge.journal.row import Draft
from pullcord_edge.journal.start import Start

__all__ = [
    "Draft",
    "Journal",
    "JournalDamaged",
    "JournalError",
    "JournalFailed",
    "JournalFull",
    "JournalTaken",
    "JournalTooNew",
    "Start",
]
