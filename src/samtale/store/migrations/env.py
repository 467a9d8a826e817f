"""What Alembic runs around the steps: it uses the connection and the transaction that it is given."""

from alembic import context

from samtale.store.schema import metadata, version

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=version.name
)
context.run_migrations()
