"""Rounds for readers that do not end theirs: every so often, the tags seen since the last time."""

from .event import CardRead, Driver, Event, Status, TagsPresent


class Rounds:
    """A driver around a driver that streams tags: says TagsPresent every `every_s` seconds.

    Only while the reader proves that it looks: a tag, an empty round, or a Status of the command
    `alive`. With `silence_is_empty` a silent reader has seen nothing, which a cut cable has too.
    """

    def __init__(
        self,
        driver: Driver,
        *,
        every_s: float = 0.5,
        alive: str = "",
        silence_is_empty: bool = False,
    ) -> None:
        self._driver = driver
        self._every_s = every_s
        self._alive = alive
        self._silence_is_empty = silence_is_empty
        self._seen: set[str] = set()
        self._ends: float | None = None

    @property
    def due_at(self) -> float | None:
        """When a round is over, or the driver within has something to do."""
        times = [at for at in (self._ends, self._driver.due_at) if at is not None]
        return min(times) if times else None

    def start(self, now: float) -> list[Event]:
        """Forget the tags; begin anew."""
        self._seen.clear()
        self._ends = now + self._every_s if self._silence_is_empty else None
        return self._driver.start(now)

    def feed(self, data: bytes, now: float) -> list[Event]:
        """Bytes arrived."""
        before = self._end_round(now)
        return before + self._note(self._driver.feed(data, now), now)

    def tick(self, now: float) -> list[Event]:
        """A round may be over."""
        out = self._note(self._driver.tick(now), now)
        return out + self._end_round(now)

    def _note(self, events: list[Event], now: float) -> list[Event]:
        out: list[Event] = []
        for event in events:
            match event:
                case TagsPresent(codes):
                    self._hear(now, *codes)
                    continue
                case CardRead(code):
                    self._hear(now, code)
                case Status(facts) if facts.get("command") == self._alive:
                    self._hear(now)
            out.append(event)
        return out

    def _hear(self, now: float, *codes: str) -> None:
        self._seen.update(codes)
        if self._ends is None:
            self._ends = now + self._every_s

    def _end_round(self, now: float) -> list[Event]:
        if self._ends is None or now < self._ends:
            return []
        seen, self._seen = frozenset(self._seen), set()
        self._ends = now + self._every_s if self._silence_is_empty else None
        return [TagsPresent(seen)]
