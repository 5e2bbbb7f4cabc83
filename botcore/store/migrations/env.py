"""Alembic's entry: runs the migrations on the connection, and in the transaction, of `botcore.store.schema`."""

from alembic import context

from botcore.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most of a table: it is made anew
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
