"""What Alembic runs for `upgrade`, on the connection it is handed."""

from __future__ import annotations

from alembic import context

from bot.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # Each caller has begun a transaction of its own, on SQLite too.
    transactional_ddl=False,
    transaction_per_migration=False,
)
context.run_migrations()
