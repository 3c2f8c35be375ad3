"""What the deciding thread remembers between turns, so that a hot card costs no query."""

from dataclasses import dataclass, field
from typing import Any

from pullcord_server.domain.card import Card, Key

from .card_json import dump_card

#: Before everything that happens.
BEGINNING: Key = (-1, 0, "", 0)


@dataclass(slots=True)
class Known:
    """A card with its place in the plant, its start, and the newest thing in its story."""

    id: str
    loop: str
    number: int
    start: Card
    card: Card
    key: Key = BEGINNING
    issued_by: str | None = None
    _written: dict[str, tuple[Card, str]] = field(default_factory=dict)

    @property
    def age(self) -> tuple[int, int]:
        """Who is where it is for longest comes first; of one moment, by number."""
        return (self.card.since or 0, self.number)

    @property
    def start_text(self) -> str:
        """Its start as JSON."""
        return self._text("start", self.start)

    @property
    def card_text(self) -> str:
        """The card as JSON, as it is now."""
        return self._text("card", self.card)

    def _text(self, name: str, card: Card) -> str:
        """Each value is written once."""
        written = self._written.get(name)
        if written is None or written[0] is not card:
            written = self._written[name] = (card, dump_card(card))
        return written[1]


@dataclass(slots=True)
class JournalState:
    """How far a station's journal is committed."""

    id: str
    station: str
    boot: str
    follows: str | None
    follows_upto: int | None
    upto: int = 0
    last_at: int = 0


@dataclass(slots=True)
class Shelf:
    """Caches over the database; emptied when a turn fails, since they may be ahead of it.

    `holding`: journal → station, where business events wait for the end of that journal's backlog.
    `restored_until`: when a restore gave the database another life, or the newest decision that it
    settled again; what was seen before was somebody else's to settle.
    """

    cards: dict[str, Known] = field(default_factory=dict)
    journals: dict[str, JournalState] = field(default_factory=dict)
    boots: dict[str, int] = field(default_factory=dict)
    loop_cards: dict[str, list[str]] = field(default_factory=dict)
    loops: dict[str, dict[str, Any]] = field(default_factory=dict)
    holding: dict[str, str] = field(default_factory=dict)
    restored_until: int = -1

    def clear(self) -> None:
        """Forget everything."""
        self.cards.clear()
        self.journals.clear()
        self.boots.clear()
        self.loop_cards.clear()
        self.holding.clear()
        self.loops.clear()
