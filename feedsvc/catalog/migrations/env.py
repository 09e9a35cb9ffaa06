"""What Alembic runs for an upgrade: on the connection given, within its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
