"""Loads and writes the feeds of one writing transaction."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, select

from feedsvc.catalog import schema
from feedsvc.catalog.tables import insert_many, update_many
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.model import FeedRef


@dataclass(slots=True)
class FeedState:
    """One feed. All fields but the last four are columns of schema.feed.

    display_label: the settings' label, else `label`. edited: the archives in which an entry
    changed. severed: no delta can span this revision. stored: the columns as they were loaded, None
    for a new feed.
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
    guid: str = ""
    display_label: str = ""
    edited: set[int] = field(default_factory=set)
    severed: bool = False
    stored: Row[Any] | None = None

    @property
    def ref(self) -> FeedRef:
        """The feed's reference."""
        return FeedRef.of(self.key)

    @property
    def archives_before(self) -> int:
        """The number of archives before this revision."""
        return self.stored.archives if self.stored else 0

    def columns(self) -> dict[str, Any]:
        """Return the current values of the columns."""
        return {name: getattr(self, name) for name in _COLUMNS}


_COLUMNS = tuple(FeedState.__dataclass_fields__)[:-4]


class Feeds:
    """All feeds by key and number, past ones included. `get` adds new ones."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection = connection
        self._settings = settings
        self._by_key: dict[str, FeedState] = {}
        self._by_number: dict[int, FeedState] = {}
        for row in connection.execute(select(schema.feed)):
            self._add(FeedState(**row._mapping, stored=row))
        for key in settings.promised:
            self.get(key, "")

    def __iter__(self) -> Iterator[FeedState]:
        return iter(self._by_key.values())

    def __getitem__(self, number: int) -> FeedState:
        return self._by_number[number]

    def get(self, key: str, label: str) -> FeedState:
        """Return a feed, creating it if new. label: of its term, as the current article has it."""
        feed = self._by_key.get(key)
        if feed is None:
            feed = FeedState(len(self._by_key) + 1, key, label)  # feeds are never deleted
            self._add(feed)
        elif label and not feed.label:  # the settings named the feed before any article had it
            feed.label, feed.display_label = label, self._display_label(key, label)
        return feed

    def label(self, key: str, written: str) -> str:
        """Return the label of a term: from the settings, else as first written."""
        feed = self._by_key.get(key)
        return feed.display_label if feed and feed.label else self._display_label(key, written)

    def identify(self, feed: FeedState) -> None:
        """Give a podcast without a guid the one of the feed that moved here, else a new one."""
        settings = self._settings
        if feed.guid or not settings.feed(feed.key).podcast:
            return
        moved = (self._by_key.get(old) for old, new in settings.moved.items() if new == feed.key)
        former = next((each.guid for each in moved if each and each.guid), "")
        feed.guid = former or head.podcast_guid(settings, feed.ref)

    def write(self, feeds: Iterable[FeedState]) -> None:
        """Insert the feeds that are new, and update those that changed."""
        new = [feed.columns() for feed in feeds if not feed.stored]
        changed = [
            columns
            for feed in feeds
            if feed.stored and tuple((columns := feed.columns()).values()) != tuple(feed.stored)
        ]
        insert_many(self._connection, schema.feed, new)
        update_many(self._connection, schema.feed, changed)

    def _add(self, feed: FeedState) -> None:
        feed.display_label = self._display_label(feed.key, feed.label)
        self._by_key[feed.key] = self._by_number[feed.number] = feed

    def _display_label(self, key: str, label: str) -> str:
        return head.label(self._settings, FeedRef.of(key), label)
