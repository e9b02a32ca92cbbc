"""Alembic's entry point; the connection is handed over by `inbox.storage.database.Database.migrate`."""

from alembic import context

from inbox.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
