"""Alembic's environment: runs migrations on the given connection, within its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
