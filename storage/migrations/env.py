"""Alembic's entry: the connection comes from `storage.schema`."""

from alembic import context
from sqlmodel import SQLModel

from storage import models

__all__ = ["models"]  # the tables register themselves on import

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata)
with context.begin_transaction():
    context.run_migrations()
