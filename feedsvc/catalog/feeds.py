"""The feeds of one writing transaction: all there are, and how each is written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from feedsvc.catalog import schema
from feedsvc.catalog.bulk import insert_many
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef


@dataclass(slots=True)
class FeedState:
    """One feed; its fields are columns of schema.feed, but for the last four.

    shown: the label in force, which label is unless the settings say another. edited: the archives
    in which an entry changed. severed: deltas cannot lead over this revision. stored: the columns
    as they were loaded, None for a new feed.
    """

    number: int
    key: str
    label: str
    entries: int = 0
    unarchived: int = 0
    archives: int = 0
    head: str = ""
    window: str = ""
    revision: int = 0
    shown: str = ""
    edited: set[int] = field(default_factory=set)
    severed: bool = False
    stored: Mapping[str, Any] | None = None

    @property
    def ref(self) -> FeedRef:
        """The feed's name."""
        return FeedRef.of(self.key)

    @property
    def archives_before(self) -> int:
        """How many archives there were before this revision."""
        return self.stored["archives"] if self.stored else 0

    def columns(self) -> dict[str, Any]:
        """Return COLUMNS as they are now."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = tuple(FeedState.__dataclass_fields__)[:-4]


class Feeds:
    """Every feed there ever was, by key and number; new ones are made when they are asked for."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._by_key: dict[str, FeedState] = {}
        self._by_number: dict[int, FeedState] = {}
        for row in connection.execute(select(schema.feed)):
            columns = row._asdict()
            shown = self._shown(row.key, row.label)
            self._keep(FeedState(**columns, shown=shown, stored=columns))
        for key in settings.promised:
            self.get(key, "")

    def __iter__(self) -> Iterator[FeedState]:
        return iter(self._by_key.values())

    def __getitem__(self, number: int) -> FeedState:
        return self._by_number[number]

    def get(self, key: str, label: str) -> FeedState:
        """Return a feed. label: of its term as it is written here, for a new one."""
        feed = self._by_key.get(key)
        if feed is None:
            number = len(self._by_key) + 1  # none ever leaves
            feed = FeedState(number, key, label, shown=self._shown(key, label))
            self._keep(feed)
        elif label and not feed.label:  # it was promised before an article had the term
            feed.label, feed.shown = label, self._shown(key, label)
        return feed

    def label(self, key: str, written: str) -> str:
        """Return the label in force for a term: the settings', else as it was first written."""
        feed = self._by_key.get(key)
        return feed.shown if feed and feed.label else self._shown(key, written)

    def write(self, feeds: Iterable[FeedState]) -> None:
        """Write what changed of feeds."""
        table = schema.feed
        new = [each.columns() for each in feeds if not each.stored]
        old = [
            {**each.columns(), "of_number": each.number}
            for each in feeds
            if each.stored and each.columns() != each.stored
        ]
        insert_many(self._connection, table, new)
        if old:
            of_feed = table.c.number == bindparam("of_number")
            self._connection.execute(update(table).where(of_feed), old)

    def _keep(self, feed: FeedState) -> None:
        self._by_key[feed.key] = self._by_number[feed.number] = feed

    def _shown(self, key: str, label: str) -> str:
        return head.label(self._settings, FeedRef.of(key), label)
