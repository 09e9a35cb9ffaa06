"""Stores the podcast:guid of feeds, which stays when the address of the feed changes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
readers = "0003"


def upgrade() -> None:
    """Add the column, empty."""
    op.add_column("feed", sa.Column("guid", sa.Text, nullable=False, server_default=""))
