"""Called by Alembic: runs the migrations on the connection, and in the transaction, of personalization.store.state."""

from alembic import context

from personalization.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
