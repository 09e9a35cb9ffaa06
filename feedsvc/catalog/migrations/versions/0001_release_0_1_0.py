"""The schema of release 0.1.0, where its number was 4. Upgrades start after this migration."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
readers = "0001"

_ARTICLE_INDEXES = ("path", "slug", "id", "text_hash", "due")


def upgrade() -> None:
    """Create the tables in an empty database; only tests do, to compare them with schema.py."""
    _notes()
    _articles()
    _feeds()


def _notes() -> None:
    op.create_table("made_by", _text("name", key=True), _text("value"))
    op.create_table("revision", _big("number", key=True), _big("instant"), _text("digest"))
    op.create_table("file", _text("path", key=True), _text("signature"), _text("problems"))


def _articles() -> None:
    op.create_table(
        "article",
        _big("number", key=True),
        *map(_text, ("path", "slug", "id")),
        _flag("pinned"),
        _text("title"),
        _big("published"),
        sa.Column("utc_offset", sa.Integer, nullable=False),
        _big("updated"),
        sa.Column("expires", sa.BigInteger),
        *map(_text, ("summary", "html", "link", "authors", "terms", "language")),
        sa.Column("image", sa.Text),
        _text("enclosures"),
        sa.Column("content", sa.Text),
        *map(_flag, ("draft", "feeds")),
        *map(_text, ("fingerprint", "text_hash")),
        *map(_flag, ("removed", "visible")),
        sa.Column("due", sa.BigInteger),
        sa.Column("released", sa.BigInteger),
    )
    for name in _ARTICLE_INDEXES:
        op.create_index(f"article_{name}", "article", [name])
    op.create_table(
        "former_slug",
        _text("slug", key=True),
        _big("revision", key=True),
        _big("article", key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "shown_file", _text("path", key=True), _big("article", key=True), sqlite_with_rowid=False
    )
    op.create_index("shown_file_article", "shown_file", ["article"])


def _feeds() -> None:
    op.create_table(
        "feed",
        _big("number", key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        _text("label"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in _COUNTS),
        *map(_text, ("head", "window")),
        _big("revision"),
    )
    slug = sa.Text(collation="C").with_variant(sa.Text(), "sqlite")
    op.create_table(
        "feed_row",
        _big("article", key=True),
        _big("feed", key=True),
        _big("revision"),
        *map(_flag, ("gone", "withdrawn")),
        sa.Column("archive", sa.Integer),
        _big("published"),
        sa.Column("slug", slug, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("feed_row_order", "feed_row", ["feed", "gone", "published", "slug"])
    op.create_index("feed_row_archive", "feed_row", ["feed", "archive", "gone"])
    op.create_table(
        "archive",
        _big("feed", key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _big("revision"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feed_history",
        _big("feed", key=True),
        _big("revision", key=True),
        _text("window"),
        sqlite_with_rowid=False,
    )


_COUNTS = ("entries", "unarchived", "archives")


def _text(name: str, key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=False)


def _big(name: str, key: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger, primary_key=key, autoincrement=False, nullable=False)


def _flag(name: str) -> "sa.Column[bool]":
    return sa.Column(name, sa.Boolean, nullable=False)
