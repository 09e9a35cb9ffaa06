"""Moves the schema number to Alembic's table, and makes release 0.1.0 refuse the catalog."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
readers = "0001"

_MADE_BY = sa.table("made_by", sa.column("name"), sa.column("value"))
# 0.1.0 prints this as the number, followed by advice that would lose ids and old URLs.
_FENCE = "of a newer feedsvc - do NOT delete this catalog, see docs/upgrading.md -"


def upgrade() -> None:
    """Make 0.1.0 refuse the catalog; without the row, it would consider the catalog empty."""
    op.execute(_MADE_BY.update().where(_MADE_BY.c.name == "schema").values(value=_FENCE))
