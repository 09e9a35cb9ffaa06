"""The tables of the statistics, the same for SQLite and PostgreSQL, and their migrations.

They may share a database with the catalog, so all names have a prefix.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    inspect,
)

metadata = MetaData()

# number: of the last migration that was applied.
version = Table("audience_version", metadata, Column("number", Integer, nullable=False))

# The texts that records refer to by number.
name = Table(
    "audience_name",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False, unique=True),
)

# The numbers of a feed on a day; feed: '' for the site. data: see records.py. polls: of the record.
record = Table(
    "audience_record",
    metadata,
    Column("day", Integer),
    Column("source", Text),
    Column("feed", Text),
    Column("polls", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("day", "source", "feed", name="audience_record_pkc"),
)

# The direct readers of days whose salt is kept. Family or format is ''. estimate: of data.
sketch = Table(
    "audience_sketch",
    metadata,
    Column("day", Integer),
    Column("source", Text),
    Column("feed", Text),
    Column("family", Text),
    Column("format", Text),
    Column("estimate", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    PrimaryKeyConstraint("day", "source", "feed", "family", "format", name="audience_sketch_pkc"),
)

# The keys for hashing readers. expires: when it is deleted, in seconds since the epoch.
salt = Table(
    "audience_salt",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("value", LargeBinary, nullable=False),
    Column("expires", BigInteger, nullable=False),
)

# The families of User-Agents. example: one of them. seen: day of its last poll.
agent = Table(
    "audience_agent",
    metadata,
    Column("family", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("example", Text, nullable=False),
    Column("seen", Integer, nullable=False),
)

# How far access logs were read. head: a digest of the first `size` bytes. position: the number of
# uncompressed bytes read. tail: a digest of the last of them. day: of the import.
log = Table(
    "audience_log",
    metadata,
    Column("head", Text),
    Column("size", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("tail", Text, nullable=False),
    Column("day", Integer, nullable=False),
    PrimaryKeyConstraint("head", name="audience_log_pkc"),
)

# Figures of ended days, see daily.py. dimension: '', feed, family, format or another.
daily = Table(
    "audience_daily",
    metadata,
    Column("day", Integer),
    Column("dimension", Text),
    Column("name", Text),
    *(
        Column(each, BigInteger, nullable=False)
        for each in (
            *("subscribers", "at_least", "direct", "claimed", "gained", "lost"),
            *("polls", "sent", "saved"),
        )
    ),
    PrimaryKeyConstraint("day", "dimension", "name", name="audience_daily_pkc"),
)

# The days whose figures are in `daily` and have not changed since.
rolled = Table(
    "audience_rolled",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
)


# Each upgrades the schema from the previous number, the first to 1. Released ones never change.
MIGRATIONS: Sequence[Callable[[Connection], None]] = (metadata.create_all,)


def number(connection: Connection) -> int:
    """Return the number of the last migration that was applied, 0 if there are no tables."""
    if not inspect(connection).has_table(version.name):
        return 0
    return int(connection.execute(version.select()).scalar() or 0)


def upgrade(connection: Connection, found: int) -> None:
    """Apply the migrations after a number."""
    for migrate in MIGRATIONS[found:]:
        migrate(connection)
    connection.execute(version.delete())
    connection.execute(version.insert().values(number=len(MIGRATIONS)))
