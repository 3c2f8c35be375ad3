"""Alembic's environment: it works on the connection that `migrate` hands over."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from pullcord_server.storage import model  # noqa: F401


def _plain(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """SQLModel's own string type is plain text in a migration."""
    return "sa.String()" if kind == "type" and isinstance(item, AutoString) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_plain,
)
with context.begin_transaction():
    context.run_migrations()
