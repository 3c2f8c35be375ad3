"""Writing many rows at once: insert, upsert and update in bulk on either database."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, case, func, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

Row = dict[str, Any]


def table_of(model: type[SQLModel]) -> Table:
    """The Core table behind a model."""
    return SQLModel.metadata.tables[str(model.__tablename__)]


def insert(connection: Connection, model: type[SQLModel], rows: Sequence[Row]) -> None:
    """Insert rows that are new."""
    if rows:
        connection.execute(table_of(model).insert(), rows)


def upsert(
    connection: Connection,
    model: type[SQLModel],
    rows: Sequence[Row],
    *,
    keep: Iterable[str] = (),
    only_if: Mapping[str, ColumnElement[bool]] = MappingProxyType({}),
    outlast: Iterable[str] = (),
    ignore: bool = False,
) -> None:
    """Insert rows, or overwrite those with the same primary key, but for the columns to `keep`.

    `only_if`: columns that are overwritten where the old row says so; `outlast`: columns whose old
    word stays where the new row has none.
    `ignore`: leave a row alone that conflicts on any unique key.
    """
    if not rows:
        return
    table = table_of(model)
    module: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = module.insert(table)
    if ignore:
        connection.execute(statement.on_conflict_do_nothing(), rows)
        return
    keys = [c.name for c in table.primary_key.columns]
    kept = {*keys, *keep}
    changed = {c: statement.excluded[c] for c in rows[0] if c not in kept}
    for column, where in only_if.items():
        changed[column] = case((where, changed[column]), else_=table.c[column])
    for column in outlast:
        changed[column] = func.coalesce(changed[column], table.c[column])
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def update_rows(
    connection: Connection, model: type[SQLModel], keys: Sequence[str], rows: Sequence[Row]
) -> None:
    """Set the other columns of each row where its `keys` match."""
    if not rows:
        return
    table = table_of(model)
    statement = update(table)
    for key in keys:
        statement = statement.where(table.c[key] == bindparam(f"k_{key}"))
    columns = [c for c in rows[0] if c not in keys]
    statement = statement.values({c: bindparam(f"v_{c}") for c in columns})
    connection.execute(
        statement,
        [{**{f"k_{k}": r[k] for k in keys}, **{f"v_{c}": r[c] for c in columns}} for r in rows],
    )
