"""The tables, the same for SQLite and PostgreSQL.

Instants are whole seconds since the epoch. Lists are JSON, encoded by rows.py. All numbers are
assigned by the single writer, never by the database.

PostgreSQL rejects a row if its key in an index is too long. So each indexed text declares its
maximum length as `max_bytes`, which is enforced when the text is read.
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

from feedsvc.model import MAX_BASE, MAX_ID, MAX_KEY, MAX_PATH, MAX_SLUG

metadata = MetaData()

# The number of the last migration applied to the catalog; Alembic's own table. Any change to
# another table needs a migration: see migrations/.
alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

# The catalog's metadata, by name. settings: the release and settings of the last sync
# (last_settings.py). synced: its instant, and the number of its Problems. unlisted: the feeds that
# were moved or retired. published: the instant at which the site was first served beyond this
# machine or built, missing before (published.py). readers: which older programs can read the
# catalog (migrations/). schema: see FENCE. Others: see push/store/caches.py.
metadata_table = Table(
    "made_by",
    metadata,
    Column("name", Text, primary_key=True, info={"max_bytes": 20}),
    Column("value", Text, nullable=False),
)

# A row of made_by: release 0.1.0 reads a schema number here, and refuses any but its own.
FENCE = {
    "name": "schema",
    "value": "of a newer feedsvc - do NOT delete this catalog, see docs/upgrading.md -",
}

# One row for each committed change of what the public can see; numbers only grow. digest: a hash of
# all changes of articles up to it, so that equal digests mean equal histories.
revision = Table(
    "revision",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("instant", BigInteger, nullable=False),
    Column("digest", Text, nullable=False),
)

# Every article's file, as it was last read. signature: see files.py; the file is read again if it
# is '' or begins with `!`.
file = Table(
    "file",
    metadata,
    Column("path", Text, primary_key=True, info={"max_bytes": MAX_PATH}),
    Column("signature", Text, nullable=False),
    Column("problems", Text, nullable=False),
)

# Every article, past ones included. id: pinned by the author, or minted; final once released.
# utc_offset: of published as written, in seconds. terms: with the labels to display.
# fingerprint: changes with anything that readers can see. text_hash: of the file's text.
# visible: has a page now. due: the next instant at which the clock changes that. released: the
# revision in which it was first visible, or had already expired when it was first read.
# presentation: everything that is only displayed, as JSON; see rows.py.
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

# Former slugs of published articles, whose old URLs redirect to them. revision: the one in which
# the slug was given up.
former_slug = Table(
    "former_slug",
    metadata,
    Column("slug", Text, primary_key=True, info={"max_bytes": MAX_SLUG}),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Every feed, past ones included. label: the term as first written. entries: the number of articles
# in it; unarchived: of those in no archive. archives: the number of its archives. head: a hash of
# the feed's own fields. window: a hash of its subscription document; revision: the last that
# changed it. guid: the podcast:guid of a show, which never changes; '' for any other feed.
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
    Column("guid", Text, nullable=False, server_default=""),
)

# Which article is or was in which feed. revision: the last that touched its entry there. gone: it
# left the feed; withdrawn: because the article is no longer public. archive: the number of its
# archive, if any; an archive is filled at once. The feed is ordered by published, newest first, and
# by slug among articles of the same instant.
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

# Every archive document (RFC 5005 4). number: from 1 = oldest of its feed. revision: the last that
# changed it.
archive = Table(
    "archive",
    metadata,
    Column("feed", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The subscription documents that a delta can start from (RFC 3229): a reader that has one needs
# only the rows touched since. revision and window: as they were in the feed.
feed_history = Table(
    "feed_history",
    metadata,
    Column("feed", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("window", Text, nullable=False),
    sqlite_with_rowid=False,
)

# The local files that articles show; no others are ever served.
shown_file = Table(
    "shown_file",
    metadata,
    Column("path", Text, primary_key=True, info={"max_bytes": MAX_PATH}),
    Column("article", BigInteger, primary_key=True, autoincrement=False),
    Index("shown_file_article", "article"),
    sqlite_with_rowid=False,
)

# Subscriptions to our own hub that were verified (WebSub 5). id: a hash of feed, format and
# callback, see push/store/subscriptions.py. format: the topic is the feed in this format. host: of
# callback, in lower case. secret: encrypted, '' for none. lease_end: when it ends. revision: of the
# feed's newest document that was delivered, or given up; a delivery is pending while the feed has a
# newer one. attempts: failed ones since the last success. next_try: not to be tried before; a
# process that claims a delivery sets it to the instant at which the claim ends.
subscription = Table(
    "subscription",
    metadata,
    Column("id", Text, primary_key=True, info={"max_bytes": 32}),
    Column("feed", BigInteger, nullable=False),
    Column("format", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("host", Text, nullable=False, info={"max_bytes": 300}),
    Column("secret", Text, nullable=False),
    Column("lease_end", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", BigInteger, nullable=False),
    Index("subscription_pending", "feed", "revision", "next_try"),
    Index("subscription_host", "host"),
    Index("subscription_lease_end", "lease_end"),
)

# Requests to our own hub, to be verified or denied at the callback. Kept for an hour afterwards, to
# limit their number. id: random. subscription: the id it will have. mode: subscribe,
# unsubscribe or denied. topic: the URL as requested. lease: seconds. revision: the feed's when it
# was requested. parameters: to be echoed, as JSON. reason: of a denial. requester: a hash of the
# client's address. done: verified, refused, given up or superseded.
subscription_request = Table(
    "subscription_request",
    metadata,
    Column("id", Text, primary_key=True, info={"max_bytes": 32}),
    Column("subscription", Text, nullable=False, info={"max_bytes": 32}),
    Column("mode", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("feed", BigInteger),
    Column("format", Text, nullable=False),
    Column("callback", Text, nullable=False),
    Column("host", Text, nullable=False, info={"max_bytes": 300}),
    Column("secret", Text, nullable=False),
    Column("lease", Integer, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requester", Text, nullable=False, info={"max_bytes": 32}),
    Column("created", BigInteger, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", BigInteger, nullable=False),
    Index("subscription_request_pending", "done", "next_try"),
    Index("subscription_request_subscription", "subscription"),
    Index("subscription_request_host", "host", "created"),
    Index("subscription_request_requester", "requester", "created"),
)

# The external hubs of the settings, and the caches in front of the site. revision and feed: the
# last feed, in the order of revisions and numbers, that it was notified or purged of.
# attempts, next_try: as in `subscription`.
hub = Table(
    "hub",
    metadata,
    Column("url", Text, primary_key=True, info={"max_bytes": MAX_BASE}),
    Column("revision", BigInteger, nullable=False),
    Column("feed", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", BigInteger, nullable=False),
)
