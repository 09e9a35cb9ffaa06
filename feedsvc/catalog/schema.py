"""The tables, one SQL for SQLite and PostgreSQL alike.

Instants are whole seconds since the epoch. Lists are JSON, written by rows.py. Numbers are given
out by the one writer, never by the database.

PostgreSQL refuses a row whose part of an index is too long. So each text in an index declares as
`max_bytes` how long it can be at most; whoever reads such a text has checked that.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from feedsvc.model import MAX_ID, MAX_KEY, MAX_PATH, MAX_SLUG

metadata = MetaData()

# The number of the last migration that the catalog has; Alembic's own table. A change of any other
# table needs a migration: see migrations/.
alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

# What the stored was made by: the settings' fingerprint, which schemas' programs can read it; and
# when the last sync was, with the number of its Problems. schema: see FENCE.
made_by = Table(
    "made_by",
    metadata,
    Column("name", Text, primary_key=True, info={"max_bytes": 20}),  # a word of sync.py
    Column("value", Text, nullable=False),
)

# A row of made_by: release 0.1.0 looks here for a schema number, and refuses any but its own.
FENCE = {
    "name": "schema",
    "value": "of a newer feedsvc - do NOT delete this catalog, see docs/upgrading.md -",
}

# One row for each committed change of what the public can see; the number only grows. digest: sums
# up every change of an article until then, so that it is the same for the same history alone.
revision = Table(
    "revision",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("instant", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)

# Every file of the content folder as it was last read. signature: '' to have it read again.
file = Table(
    "file",
    metadata,
    Column("path", Text, primary_key=True, info={"max_bytes": MAX_PATH}),
    Column("signature", Text, nullable=False),
    Column("problems", Text, nullable=False),
)

# Every article that ever was. id: pinned by the author, or minted; final once released.
# utc_offset: that of published as written, in seconds. labels in terms are those in force.
# fingerprint: changes with anything that a reader could see. text_hash: of the file's text.
# visible: has a page now. due: the next instant at which that changes by itself. released: the
# revision in which it was first visible, or had already expired when it was first read.
# presentation: everything that is only shown to readers, as JSON; see rows.py.
article = Table(
    "article",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False, info={"max_bytes": MAX_PATH}),
    Column("slug", Text, nullable=False, info={"max_bytes": MAX_SLUG}),
    Column("id", Text, nullable=False, info={"max_bytes": MAX_ID}),
    Column("pinned", Boolean, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("utc_offset", Integer, nullable=False),
    Column("expires", BigInteger),
    Column("link", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("draft", Boolean, nullable=False),
    Column("feeds", Boolean, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("text_hash", Text, nullable=False, info={"max_bytes": 32}),
    Column("removed", Boolean, nullable=False),
    Column("visible", Boolean, nullable=False),
    Column("due", BigInteger),
    Column("released", BigInteger),
    Column("presentation", Text, nullable=False),
    Index("article_path", "path"),
    Index("article_slug", "slug"),
    Index("article_id", "id"),
    Index("article_text_hash", "text_hash"),
    Index("article_due", "due"),
)

# Slugs that published articles had before, so that their old URLs lead to them. revision: the last
# before it was given up.
former_slug = Table(
    "former_slug",
    metadata,
    Column("slug", Text, primary_key=True, info={"max_bytes": MAX_SLUG}),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Every feed that ever was. label: the term as first written. entries: articles in it now, of which
# unarchived are in no archive. archives: how many it has. head: a hash of what it says of itself.
# window: a hash of what its subscription document shows; revision: the last that changed it.
feed = Table(
    "feed",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True, info={"max_bytes": MAX_KEY}),
    Column("label", Text, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("unarchived", Integer, nullable=False),
    Column("archives", Integer, nullable=False),
    Column("head", Text, nullable=False),
    Column("window", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
)

# Which article is, or was, in which feed. revision: the last that touched the entry there. gone: it
# left; withdrawn: because nobody is to see it any more. archive: the number of the archive that it
# was put into; none gets it before it is full. published and slug order the feed: newest first, and
# a rule for two of the same instant.
feed_row = Table(
    "feed_row",
    metadata,
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Column("feed", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Column("archive", Integer),
    Column("published", BigInteger, nullable=False),
    Column(
        "slug",
        Text(collation="C").with_variant(Text(), "sqlite"),
        nullable=False,
        info={"max_bytes": MAX_SLUG},
    ),
    Index("feed_row_order", "feed", "gone", "published", "slug"),
    Index("feed_row_archive", "feed", "archive", "gone"),
    sqlite_with_rowid=False,
)

# Every archive document (RFC 5005 4); number: from 1 = oldest in its feed. revision: the last that
# changed it.
archive = Table(
    "archive",
    metadata,
    Column("feed", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The subscription documents of feeds that a delta can start from (RFC 3229): whoever holds one
# lacks no more than the rows touched since. revision and window: as they were in the feed.
feed_history = Table(
    "feed_history",
    metadata,
    Column("feed", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("window", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The local files that an article shows, so that nothing else is ever served.
shown_file = Table(
    "shown_file",
    metadata,
    Column("path", Text, primary_key=True, info={"max_bytes": MAX_PATH}),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Index("shown_file_article", "article"),
    sqlite_with_rowid=False,
)
