"""Records that a site has been published, so that ids are kept from then on."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
readers = "0003"

_MADE_BY = sa.table("made_by", sa.column("name"), sa.column("value"))


def upgrade() -> None:
    """Keep the ids of all existing catalogs: whether readers know them was not recorded."""
    op.execute(_MADE_BY.insert().values(name="published", value="0"))
