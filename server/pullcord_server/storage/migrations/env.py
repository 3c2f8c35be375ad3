"""Alembic's environment: it works on the connection that `migrate` hands over."""

from alembic import context
from sqlmodel import SQLModel

from pullcord_server.storage import model  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
