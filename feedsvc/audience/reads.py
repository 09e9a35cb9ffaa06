"""Reads the statistics as rows.

first, last: days, inclusive. feed: a key, '' for sums over all feeds, None for each feed
separately, which takes a millisecond per ten feeds and day.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import select

from feedsvc.audience import schema
from feedsvc.audience.database import Database
from feedsvc.audience.records import PollKey, Record
from feedsvc.audience.rows import (
    Agent,
    Conduct,
    Daily,
    Direct,
    Kind,
    Polls,
    Reported,
)

_POLL_FIELDS = {"family": "", "format": "", "status": 0, "conditional": False}  # of a PollKey


class Reads(Database):
    """The queries. If a day has numbers from both sources, the source with more polls is used."""

    def reported(self, first: int, last: int, feed: str | None = None) -> Iterator[Reported]:
        """Yield the counts that services reported."""
        for day, found, record in self._records(first, last, feed):
            for (family, format, key), (count, seen, known) in record.reported.items():
                yield Reported(day, found, format, family, key, count, seen, known)

    def direct(self, first: int, last: int, feed: str | None = None) -> Iterator[Direct]:
        """Yield the numbers of direct readers, by family and by format."""
        readers: defaultdict[tuple[int, str, str, str], int] = defaultdict(int)
        for day, found, record in self._records(first, last, feed or None):
            for (family, format), number in record.direct.items():
                readers[day, found, format, family] = number
        for key, number in self._estimates(first, last, feed or None):
            readers[key] = max(readers[key], number)
        sums: defaultdict[tuple[int, str, str, str], int] = defaultdict(int)
        for (day, found, format, family), number in readers.items():
            sums[day, "" if feed == "" else found, format, family] += number
        for key, number in sums.items():
            yield Direct(*key, number)

    def polls(
        self, first: int, last: int, by: Collection[str] = Polls._fields, feed: str | None = ""
    ) -> list[Polls]:
        """Return the polls, summed over the fields that `by` does not name, which are '' or 0."""

        @cache
        def rest(key: PollKey) -> Any:
            fields = zip(_POLL_FIELDS.items(), key, strict=True)
            return tuple(value if name in by else empty for (name, empty), value in fields)

        sums: dict[tuple[int, str, PollKey], list[int]] = {}
        for day, found, record in self._records(first, last, None if "feed" in by else feed):
            of_day, of_feed = day if "day" in by else 0, found if "feed" in by else ""
            for key, (polls, sent, saved) in record.polls.items():
                into = sums.setdefault((of_day, of_feed, rest(key)), [0, 0, 0])
                into[0] += polls
                into[1] += sent
                into[2] += saved
        return [
            Polls(day, found, format, family, status, conditional, *numbers)
            for (day, found, (family, format, status, conditional)), numbers in sums.items()
        ]

    def conduct(self, first: int, last: int) -> Conduct:
        """Return how the families behaved."""
        polls: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        intervals, acts = Counter[tuple[bool, int]](), Counter[tuple[str, str]]()
        for _, _, record in self._records(first, last, ""):
            for (family, _, status, _), numbers in record.polls.items():
                sums = polls[family, status]
                for index, number in enumerate(numbers):
                    sums[index] += number
            for (_, conditional, bucket), number in record.intervals.items():
                intervals[conditional, bucket] += number
            acts.update(record.acts)
        return Conduct(polls, intervals, acts)

    def agents(self) -> list[Agent]:
        """Return the families of User-Agents."""
        table = schema.agent.c
        with self.reading() as connection:
            rows = connection.execute(select(table.family, table.kind, table.example, table.seen))
            return [Agent(family, Kind(kind), *rest) for family, kind, *rest in rows]

    def daily(self, days: Sequence[int], dimension: str) -> list[Daily]:
        """Return the stored figures of some days."""
        table = schema.daily
        chosen = table.c.day.in_(days) & (table.c.dimension == dimension)
        with self.reading() as connection:
            return list(map(Daily._make, connection.execute(table.select().where(chosen)).all()))

    def totals(self, days: Sequence[int], dimension: str) -> Sequence[Any]:
        """Return the name, the day and the subscribers of the stored figures of some days."""
        table = schema.daily.c
        total = table.subscribers + table.at_least + table.direct
        chosen = table.day.in_(days) & (table.dimension == dimension)
        with self.reading() as connection:
            query = select(table.name, table.day, total).where(chosen)
            return connection.execute(query).all()

    def rolled(self) -> set[int]:
        """Return the days whose figures are in `daily` and have not changed since."""
        with self.reading() as connection:
            return set(connection.scalars(select(schema.rolled.c.day)))

    def days(self) -> list[int]:
        """Return the days that have polls, in order."""
        day = schema.record.c.day
        with self.reading() as connection:
            return list(connection.scalars(select(day).distinct().order_by(day)))

    def _records(
        self, first: int, last: int, feed: str | None
    ) -> Iterator[tuple[int, str, Record]]:
        sources = self.sources(first, last)
        table = schema.record.c
        of_feed = table.feed != "" if feed is None else table.feed == feed
        query = select(table.day, table.source, table.feed, table.data).where(
            table.day.between(first, last) & of_feed
        )
        with self.reading() as connection:
            for day, source, found, data in connection.execute(query.order_by(table.day)):
                if sources.get(day) == source:
                    yield day, found, self.decoded(connection, data)

    def _estimates(
        self, first: int, last: int, feed: str | None
    ) -> list[tuple[tuple[int, str, str, str], int]]:
        sources = self.sources(first, last)
        table = schema.sketch.c
        query = select(
            table.day, table.source, table.feed, table.format, table.family, table.estimate
        ).where(table.day.between(first, last))
        if feed is not None:
            query = query.where(table.feed == feed)
        with self.reading() as connection:
            return [
                ((day, found, format, family), number)
                for day, source, found, format, family, number in connection.execute(query)
                if sources.get(day) == source
            ]

    def sources(self, first: int, last: int) -> dict[int, str]:
        """Return the source with more polls for each day."""
        table = schema.record.c
        of_site = table.day.between(first, last) & (table.feed == "")
        query = select(table.day, table.source).where(of_site).order_by(table.polls)
        with self.reading() as connection:
            return {row.day: row.source for row in connection.execute(query)}
