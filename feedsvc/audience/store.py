"""Stores the statistics, adding up the numbers of several processes.

Days whose salt has expired are sealed: their sketches become numbers.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, delete, insert, select

from feedsvc.audience import schema, sketches
from feedsvc.audience.database import StatisticsError
from feedsvc.audience.reads import Reads
from feedsvc.audience.records import MAX_FAMILIES, Record, encode, limited
from feedsvc.audience.rows import Daily, Kind

DAY = 86_400
_MAX_WAITING = 1_000_000  # addresses that wait to be stored, some 100 MB
_MAX_PARAMETERS = 1_000  # of a query; databases accept more


@dataclass(slots=True)
class LogPosition:
    """How far a log was read; see `schema.log`. before: the stored position, 0 for a new log."""

    head: str
    size: int
    position: int
    tail: str
    before: int = 0


@dataclass(slots=True)
class Batch:
    """Numbers of one day to add. source: 'live' or 'log'.

    records: by feed; the record of '' has only numbers that are not counted by feed. readers: the
    addresses of direct readers by (feed, family, format), which are stored as hashes. agents: kind
    and an example by family.
    """

    day: int
    source: str
    records: dict[str, Record] = field(default_factory=dict)
    readers: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    agents: dict[str, tuple[Kind, str]] = field(default_factory=dict)

    def add(self, other: "Batch") -> None:
        """Add the numbers of another batch of the same day and source."""
        for feed, record in other.records.items():
            self.records.setdefault(feed, Record()).add(record)
        waiting = sum(map(len, self.readers.values()))
        for group, addresses in other.readers.items():
            if waiting < _MAX_WAITING:
                waiting += len(addresses)
                self.readers.setdefault(group, set()).update(addresses)
        for family, agent in other.agents.items():
            if family in self.agents or len(self.agents) < MAX_FAMILIES:
                self.agents[family] = agent


class Store(Reads):
    """The statistics at an SQLAlchemy URL. retention: how many days with polls are kept."""

    def __init__(self, url: str, retention: int = 400) -> None:
        super().__init__(url)
        self.retention = retention

    def add(self, batches: Iterable[Batch], log: LogPosition | None = None) -> None:
        """Add numbers, and record how far their log was read."""
        now = int(time.time())
        with self.writing() as connection:
            for batch in batches:
                self._add(connection, batch, now)
            if log:
                self._claim(connection, log)
                values = {"head": log.head, "size": log.size, "position": log.position}
                values |= {"tail": log.tail, "day": now // DAY}
                self.put(connection, schema.log, [values], "head")

    def _add(self, connection: Connection, batch: Batch, now: int) -> None:
        whole = Record()
        for feed, record in batch.records.items():
            added = Record(record.polls, start=record.start, end=record.end) if feed else record
            whole.add(added)
        records = {**batch.records, "": whole}
        known = self._merge(connection, batch.day, batch.source, records)
        self._add_readers(connection, batch, now)
        agents = [
            {"family": family, "kind": kind, "example": example, "seen": batch.day}
            for family, (kind, example) in batch.agents.items()
            if family in known
        ]
        self.put(connection, schema.agent, agents, "family")
        connection.execute(delete(schema.rolled).where(schema.rolled.c.day == batch.day))

    def _merge(
        self, connection: Connection, day: int, source: str, more: Mapping[str, Record]
    ) -> set[str]:
        """Add to the records of a day; return the families in the site's record. more: by feed."""
        table = schema.record.c
        place = (table.day == day) & (table.source == source)
        if len(more) <= _MAX_PARAMETERS:
            place &= table.feed.in_(more)
        before = connection.execute(select(table.feed, table.data).where(place))
        stored = {row.feed: row.data for row in before}
        families: set[str] = set()
        rows = []
        # One by one, as a record takes much more memory than a row.
        for feed, added in more.items():
            record = self.decoded(connection, stored[feed]) if feed in stored else Record()
            record.add(added)
            # Only now, because a record limits the names that clients send.
            self.names.number(connection, record.names())
            data = encode(record, self.names.numbers.__getitem__)
            rows.append(
                {"day": day, "source": source, "feed": feed, "polls": record.total, "data": data}
            )
            if not feed:
                families = record.families()
        self.put(connection, schema.record, rows, "day", "source", "feed")
        return families

    def _add_readers(self, connection: Connection, batch: Batch, now: int) -> None:
        if not batch.readers:
            return
        salt = self._salt(connection, batch.day, now)
        feeds: defaultdict[str, dict[tuple[str, str], list[int]]] = defaultdict(dict)
        for (feed, family, format), addresses in batch.readers.items():
            hashes = [sketches.reader_hash(salt, each, family, feed) for each in addresses]
            for group in ((family, ""), ("", format)):
                feeds[feed].setdefault(group, []).extend(hashes)
        table = schema.sketch.c
        of_day = (table.day == batch.day) & (table.source == batch.source)
        columns = select(table.family, table.format, table.data).where(of_day)
        for feed, new in feeds.items():
            stored = connection.execute(columns.where(table.feed == feed))
            found = {(family, format): data for family, format, data in stored}
            families = {family for family, _ in found} - {""}
            changed = set()
            for (family, format), hashes in new.items():
                group = limited(families, family), format
                found[group] = sketches.add(found.get(group, b""), hashes)
                changed.add(group)
            key = ("day", "source", "feed", "family", "format")
            rows = [
                dict(zip(key, (batch.day, batch.source, feed, *group), strict=True))
                | {"estimate": sketches.estimate(found[group]), "data": found[group]}
                for group in sorted(changed)
            ]
            self.put(connection, schema.sketch, rows, *key)

    def _salt(self, connection: Connection, day: int, now: int) -> bytes:
        """Return the salt of a day. It is kept for another day, to add late numbers."""
        table = schema.salt
        salt: bytes | None = connection.scalar(select(table.c.value).where(table.c.day == day))
        if salt is None:
            salt = secrets.token_bytes(32)
            expires = max((day + 2) * DAY, now + DAY)
            connection.execute(insert(table).values(day=day, value=salt, expires=expires))
        return salt

    def _claim(self, connection: Connection, log: LogPosition) -> None:
        """Raise StatisticsError if another process has read more of a log meanwhile."""
        table = schema.log.c
        stored = connection.scalar(select(table.position).where(table.head == log.head)) or 0
        if stored != log.before:
            raise StatisticsError(
                "another process imports the same log; its polls are not counted twice"
            )

    def log(self, head: str) -> LogPosition | None:
        """Return how far the log with this head was read."""
        table = schema.log.c
        with self.reading() as connection:
            row = connection.execute(
                select(table.head, table.size, table.position, table.tail).where(table.head == head)
            ).first()
        return LogPosition(*row, before=row.position) if row else None

    def log_sizes(self) -> list[int]:
        """Return the sizes of the heads of all logs that were read."""
        with self.reading() as connection:
            return list(connection.scalars(select(schema.log.c.size).distinct()))

    def put_daily(self, day: int, rows: Sequence[Daily]) -> None:
        """Replace the stored figures of a day."""
        with self.writing() as connection:
            connection.execute(delete(schema.daily).where(schema.daily.c.day == day))
            if rows:
                connection.execute(insert(schema.daily), [row._asdict() for row in rows])
            self.put(connection, schema.rolled, [{"day": day}], "day")

    def tidy(self, now: float) -> None:
        """Seal the days whose salt has expired; delete data older than the retention."""
        table = schema.salt.c
        with self.writing() as connection:
            expired = list(connection.scalars(select(table.day).where(table.expires <= now)))
            for day in expired:
                self._seal(connection, day)
            days = schema.record.c.day
            kept = connection.scalars(
                select(days).distinct().order_by(days.desc()).limit(self.retention)
            ).all()
            if len(kept) == self.retention:
                for each in (schema.record, schema.daily, schema.rolled, schema.log):
                    connection.execute(delete(each).where(each.c.day < kept[-1]))
                gone = schema.agent.c.seen < kept[-1]
                connection.execute(delete(schema.agent).where(gone))

    def _seal(self, connection: Connection, day: int) -> None:
        table = schema.sketch.c
        rows = connection.execute(
            select(table.source, table.feed, table.family, table.format, table.estimate).where(
                table.day == day
            )
        ).all()
        sealed: defaultdict[str, defaultdict[str, Record]]
        sealed = defaultdict(lambda: defaultdict(Record))
        for source, feed, family, format, number in rows:
            sealed[source][feed].direct[family, format] = number
        for source, records in sealed.items():
            self._merge(connection, day, source, records)
        connection.execute(delete(schema.sketch).where(table.day == day))
        connection.execute(delete(schema.salt).where(schema.salt.c.day == day))
