"""When each of many things is to be looked at again, without a look at all of them."""

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

K = TypeVar("K", str, tuple[str, str])


@dataclass(slots=True)
class Dues(Generic[K]):
    """Instants by key. The queue may hold instants that were changed since; they are passed when they come up."""

    _at: dict[K, int] = field(default_factory=dict)
    _queue: list[tuple[int, K]] = field(default_factory=list)

    def put(self, key: K, at: int | None) -> None:
        """`key` is due at `at`; None: never."""
        if at is None:
            self._at.pop(key, None)
        elif self._at.get(key) != at:
            self._at[key] = at
            heappush(self._queue, (at, key))
            if len(self._queue) > 2 * len(self._at) + 100:
                self._queue = [(at, key) for key, at in self._at.items()]
                heapify(self._queue)

    def take(self, now: int) -> set[K]:
        """The keys that are due; they are due no more until they are set again."""
        due: set[K] = set()
        while (at := self.next_at()) is not None and at <= now:
            _, key = heappop(self._queue)
            due.add(key)
            del self._at[key]
        return due

    def next_at(self) -> int | None:
        """The earliest instant."""
        while self._queue and self._at.get(self._queue[0][1]) != self._queue[0][0]:
            heappop(self._queue)
        return self._queue[0][0] if self._queue else None
