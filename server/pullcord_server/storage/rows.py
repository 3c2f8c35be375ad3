"""Writing many rows at once: insert, upsert and update in bulk on either database.

A statement is composed once and then run as text: for thousands of rows, each row's way through bind
parameters costs more than the database does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Dialect, Table, bindparam, case, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import UpdateBase
from sqlmodel import SQLModel

Row = dict[str, Any]
N = TypeVar("N", str, int)
#: Names in one statement at most.
AT_ONCE = 500
_SQLITE: Dialect = sqlite.dialect(paramstyle="named")


@dataclass(frozen=True, eq=False)
class OnlyIf:
    """Columns that are overwritten where the old row says so; conditions without parameters."""

    columns: Mapping[str, ColumnElement[bool]]


def table_of(model: type[SQLModel]) -> Table:
    """The Core table behind a model."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def parts(ids: Sequence[N]) -> Iterator[Sequence[N]]:
    """Few enough names for one statement."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def insert(connection: Connection, model: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert rows that are new, all with the same columns."""
    if rows:
        text = _insert_text(_dialect(connection), table_of(model), tuple(rows[0]))
        connection.exec_driver_sql(text, list(rows))


def upsert(
    connection: Connection,
    model: type[SQLModel],
    rows: Sequence[Row],
    *,
    keep: Iterable[str] = (),
    only_if: OnlyIf | None = None,
    ignore: bool = False,
) -> None:
    """Insert rows, or overwrite those with the same primary key, but for the columns to `keep`.

    `ignore`: leave a row alone that conflicts on any unique key.
    """
    if not rows:
        return
    dialect, table, names = _dialect(connection), table_of(model), tuple(rows[0])
    text = _upsert_text(dialect, table, names, tuple(keep), only_if, ignore)
    connection.exec_driver_sql(text, list(rows))


def update_rows(
    connection: Connection, model: type[SQLModel], keys: Sequence[str], rows: Sequence[Row]
) -> None:
    """Set the other columns of each row where its `keys` match."""
    if rows:
        text = _update_text(_dialect(connection), table_of(model), tuple(keys), tuple(rows[0]))
        named = {n: f"k_{n}" if n in keys else f"v_{n}" for n in rows[0]}
        connection.exec_driver_sql(text, [{named[n]: v for n, v in r.items()} for r in rows])


def _dialect(connection: Connection) -> Dialect:
    return _SQLITE if connection.dialect.name == "sqlite" else connection.dialect


@cache
def _insert_text(dialect: Dialect, table: Table, names: tuple[str, ...]) -> str:
    return _text(dialect, table.insert(), table, names)


@cache
def _upsert_text(
    dialect: Dialect,
    table: Table,
    names: tuple[str, ...],
    keep: tuple[str, ...],
    only_if: OnlyIf | None,
    ignore: bool,
) -> str:
    if ignore:
        statement = _module(dialect).insert(table).on_conflict_do_nothing()
    else:
        statement = _upsert(dialect, table, names, keep, only_if)
    return _text(dialect, statement, table, names)


def _upsert(
    dialect: Dialect,
    table: Table,
    names: tuple[str, ...],
    keep: Iterable[str],
    only_if: OnlyIf | None,
) -> Any:
    statement = _module(dialect).insert(table)
    keys = [c.name for c in table.primary_key.columns]
    kept = {*keys, *keep}
    changed = {n: statement.excluded[n] for n in names if n not in kept}
    for column, where in only_if.columns.items() if only_if else ():
        changed[column] = case((where, changed[column]), else_=table.c[column])
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


def _module(dialect: Dialect) -> Any:
    return sqlite if dialect.name == "sqlite" else postgresql


@cache
def _update_text(
    dialect: Dialect, table: Table, keys: tuple[str, ...], names: tuple[str, ...]
) -> str:
    statement = update(table).values({n: bindparam(f"v_{n}") for n in names if n not in keys})
    for key in keys:
        statement = statement.where(table.c[key] == bindparam(f"k_{key}"))
    return str(statement.compile(dialect=dialect))


def _text(dialect: Dialect, statement: UpdateBase, table: Table, names: tuple[str, ...]) -> str:
    """The statement for rows of these columns; columns that Python would fill must be among them."""
    missing = [c.name for c in table.columns if c.default is not None and c.name not in names]
    if missing:
        raise ValueError(f"rows of {table.name} need {', '.join(missing)}")
    return str(statement.compile(dialect=dialect, column_keys=list(names)))
