"""Reading a collection page by page: by key, never by offset, so that millions of rows cost what ten do."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Engine, Select, tuple_
from sqlalchemy import Row as Found

from pullcord_server.desk.refusal import Refused

from . import cursor
from .asked import Paging
from .row import Page, R

A = TypeVar("A", bound=Paging)


@dataclass(frozen=True, slots=True)
class Table(Generic[A, R]):
    """A collection that lies in the database. `key`: what it is ordered by, ending in what is unique.

    `kinds`: the types of its key; `where`: the conditions of what is asked. `row`: a found row as it is answered.
    """

    name: str
    select: Select[Any]
    key: tuple[ColumnElement[Any], ...]
    kinds: tuple[type, ...]
    where: Callable[[A], Iterable[ColumnElement[bool]]]
    row: Callable[[dict[str, Any]], R]

    def page(self, engine: Engine, asked: A, *more: ColumnElement[bool]) -> Page[R]:
        """The page that was asked for, of rows for which `more` holds too."""
        query = (
            self.select.where(*self.where(asked), *more).order_by(*self.key).limit(asked.limit + 1)
        )
        if asked.next is not None:
            after = start(self.name, asked.next, self.kinds)
            query = query.where(tuple_(*self.key) > tuple_(*after))
        with engine.connect() as connection:
            found = connection.execute(query).all()
        goes_on = len(found) > asked.limit
        found = found[: asked.limit]
        names = [c.key for c in self.key]
        last = [found[-1]._mapping[n] for n in names if n is not None] if goes_on else None
        return Page(
            items=self.rows(found), next=None if last is None else cursor.write(self.name, last)
        )

    def one(self, engine: Engine, *where: ColumnElement[bool]) -> R | None:
        """The row that these conditions name."""
        with engine.connect() as connection:
            found = connection.execute(self.select.where(*where)).first()
        return None if found is None else self.row(found._asdict())

    def rows(self, found: Iterable[Found[Any]]) -> list[R]:
        """Found rows as they are answered."""
        return [self.row(f._asdict()) for f in found]


def start(name: str, text: str, kinds: Sequence[type]) -> cursor.Key:
    """The key in a cursor; a refusal where it is none."""
    try:
        return cursor.read(name, text, kinds)
    except ValueError as error:
        raise Refused(422, "invalid", f"next: {error}") from None


def page_of(
    name: str, ids: Iterable[str], asked: Paging, build: Callable[[Sequence[str]], list[R]]
) -> Page[R]:
    """A page of a collection whose ids are all at hand; `build` makes rows of those that are shown."""
    ordered = sorted(ids)
    first = 0
    if asked.next is not None:
        (after,) = start(name, asked.next, [str])
        first = bisect_right(ordered, str(after))
    shown = ordered[first : first + asked.limit]
    more = first + len(shown) < len(ordered)
    return Page(items=build(shown), next=cursor.write(name, [shown[-1]]) if more else None)
