"""Which article is in which feed: the rows of one writing transaction, and what follows of them."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from feedsvc.catalog import archives, history, queries, schema
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.feeds import Feeds, FeedState
from feedsvc.catalog.rows import chunks
from feedsvc.catalog.state import State
from feedsvc.config import head
from feedsvc.config.settings import Settings


class _Place(NamedTuple):
    """A row that there is. archive: where it was put, also while it is gone."""

    gone: bool
    withdrawn: bool
    archive: int | None


class FeedRows:
    """Collects the changes of feed rows of one revision; `write` carries them out."""

    def __init__(self, connection: Connection, settings: Settings, revision: int) -> None:
        self._connection = connection
        self._settings = settings
        self._revision = revision
        self._existing: dict[int, dict[int, _Place]] = {}
        self._inserts: list[dict[str, Any]] = []
        self._updates: list[dict[str, Any]] = []
        self._touched: set[int] = set()
        self._feeds = Feeds(connection, settings)

    def label(self, key: str, written: str) -> str:
        """Return the label in force for a term: the settings', else as it was first written."""
        return self._feeds.label(key, written)

    def load(self, articles: Sequence[int]) -> None:
        """Read the rows of articles that have been in feeds before."""
        row = schema.feed_row.c
        columns = (row.article, row.feed, row.gone, row.withdrawn, row.archive)
        for some in chunks(articles):
            query = select(*columns).where(row.article.in_(some))
            for article, feed, *place in self._connection.execute(query):
                self._existing.setdefault(article, {})[feed] = _Place(*place)

    def place(self, state: State, keys: Iterable[str], changed: bool) -> None:
        """Put an article into exactly these feeds. changed: its entry there is not as it was."""
        existing = self._existing.get(state.number, {})
        labels = dict(state.written)
        wanted = set()
        for key in keys:
            feed = self._feeds.get(key, labels.get(key, ""))
            wanted.add(feed.number)
            place = existing.get(feed.number)
            if place is None or place.gone:
                self._add(state, feed, self._updates if place else self._inserts)
            elif changed:
                self._edit(state, feed, place)
        for number, place in existing.items():
            # One that was withdrawn may come back, and yet not into this feed.
            if number not in wanted and (not place.gone or (place.withdrawn and wanted)):
                self._remove(state, self._feeds[number], place, withdrawn=not wanted)

    def write(self, everywhere: bool) -> tuple[str, ...]:
        """Write rows and feeds; return the keys of those whose subscription document changed.

        everywhere: look at every feed, not only at those whose rows changed.
        """
        row = schema.feed_row
        feeds = [feed for feed in self._feeds if everywhere or self._is_concerned(feed)]
        if self._updates:
            of_row = (row.c.article == bindparam("of_article"), row.c.feed == bindparam("of_feed"))
            keyed = [
                {"of_article": each.pop("article"), "of_feed": each.pop("feed"), **each}
                for each in self._updates
            ]
            self._connection.execute(update(row).where(*of_row), keyed)
        archives.close(self._connection, self._settings, feeds, self._inserts)
        insert_many(self._connection, row, self._inserts)
        changed = tuple([feed.key for feed in feeds if self._refresh(feed, everywhere)])
        archives.write(self._connection, feeds, self._revision)
        history.write(self._connection, feeds, self._revision)
        self._feeds.write(feeds)
        return changed

    @property
    def new_feeds(self) -> tuple[str, ...]:
        """The keys of the feeds that are made here."""
        return tuple(feed.key for feed in self._feeds if not feed.stored)

    def _is_concerned(self, feed: FeedState) -> bool:
        return feed.number in self._touched or not feed.stored

    def _add(self, state: State, feed: FeedState, rows: list[dict[str, Any]]) -> None:
        # Also what comes back: an archive never gains an entry.
        feed.entries += 1
        feed.unarchived += 1
        rows.append(self._row(state, feed, archive=None))

    def _edit(self, state: State, feed: FeedState, place: _Place) -> None:
        if place.archive:
            feed.edited.add(place.archive)
            # It may leave the window at the old end, and an entry that nobody touched come in.
            feed.severed = feed.severed or state.has_moved
        self._updates.append(self._row(state, feed, place.archive))

    def _remove(self, state: State, feed: FeedState, place: _Place, withdrawn: bool) -> None:
        if not place.gone:
            feed.entries -= 1
            if place.archive:
                feed.edited.add(place.archive)
            else:
                feed.unarchived -= 1
        feed.severed = True
        row = self._row(state, feed, place.archive)
        self._updates.append({**row, "gone": True, "withdrawn": withdrawn})

    def _row(self, state: State, feed: FeedState, archive: int | None) -> dict[str, Any]:
        self._touched.add(feed.number)
        return {
            "article": state.number,
            "feed": feed.number,
            "revision": self._revision,
            "gone": False,
            "withdrawn": False,
            "archive": archive,
            "published": state.published,
            "slug": state.slug,
        }

    def _refresh(self, feed: FeedState, everywhere: bool) -> bool:
        """Note the revision in a feed whose subscription document shows something else now."""
        limit = self._settings.feed(feed.key).limit
        shown = queries.window(self._connection, feed.number, feed.unarchived, limit)
        said = head.fingerprint(self._settings, feed.ref, feed.label, feed.head)
        links = feed.archives != feed.archives_before
        # With another limit, entries come into the window that nobody touched.
        feed.severed = feed.severed or everywhere or links or said != feed.head
        feed.head = said
        window = f"{said} {feed.archives} {shown}"
        if self._settings.tombstones:
            window += f" {queries.withdrawn(self._connection, feed.number, shown, limit)}"
        digest = hashlib.blake2b(window.encode(), digest_size=16).hexdigest()
        if digest == feed.window:
            return False
        feed.window = digest
        feed.revision = self._revision
        return True
