"""Stores what is only displayed of an article as one value: new fields need no migration."""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
readers = "0003"

_DROPPED = ("title", "updated", "summary", "html", "authors", "language", "image", "enclosures")
_ARTICLE = sa.table("article", *map(sa.column, ("number", *_DROPPED, "content", "presentation")))
_ROWS = 500  # read at a time


def upgrade() -> None:
    """Encode the columns of each article, then drop them."""
    op.add_column("article", sa.Column("presentation", sa.Text))
    connection = op.get_bind()
    by_number = sa.select(_ARTICLE).order_by(_ARTICLE.c.number).limit(_ROWS)
    last = 0
    while rows := connection.execute(by_number.where(_ARTICLE.c.number > last)).all():
        connection.execute(
            sa.update(_ARTICLE)
            .where(_ARTICLE.c.number == sa.bindparam("of_number"))
            .values(presentation=sa.bindparam("encoded")),
            [{"of_number": row.number, "encoded": _encoded(row)} for row in rows],
        )
        last = rows[-1].number
    with op.batch_alter_table("article") as table:
        for name in (*_DROPPED, "content"):
            table.drop_column(name)
        table.alter_column("presentation", existing_type=sa.Text, nullable=False)


def _encoded(row: Any) -> str:
    """Return the value for one article; '' for one recovered from a damaged file, without texts."""
    if not row.authors:
        return ""
    updated = datetime.fromtimestamp(int(row.updated), UTC)
    presented = {
        "title": row.title,
        "updated": updated.isoformat(),
        "summary": row.summary,
        "authors": [
            {"name": name, "email": email, "uri": uri}
            for name, email, uri in json.loads(row.authors)
        ],
        "enclosures": [
            {"url": url, "type": media_type, "length": length}
            for url, media_type, length in json.loads(row.enclosures)
        ],
        "image": row.image,
        "language": row.language,
        "html": row.html,
        "content": row.content or None,
    }
    return json.dumps(presented, ensure_ascii=False, separators=(",", ":"))
