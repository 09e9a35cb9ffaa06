"""Which article is in which feed: the rows that one writing transaction changes."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from feedsvc.catalog import archives, history, queries, schema
from feedsvc.catalog.archives import FeedRow
from feedsvc.catalog.feeds import Feeds, FeedState
from feedsvc.catalog.rows import chunks
from feedsvc.catalog.state import ArticleState
from feedsvc.catalog.tables import insert_many, update_many
from feedsvc.config import head
from feedsvc.config.settings import Settings

_MANY = 10_000  # rows of complete archives that are inserted at once


class _StoredRow(NamedTuple):
    """The relevant columns of an existing row. A row that is gone keeps its archive number."""

    gone: bool
    withdrawn: bool
    archive: int | None


class FeedRows:
    """Collects the changes of one revision; `write` writes them. feeds: all feeds."""

    def __init__(self, connection: Connection, settings: Settings, revision: int) -> None:
        self._connection = connection
        self._settings = settings
        self._revision = revision
        self._stored: dict[int, dict[int, _StoredRow]] = {}
        self._new: defaultdict[int, list[FeedRow]] = defaultdict(list)  # by feed
        self._complete: list[FeedRow] = []  # new rows whose archives are final
        self._updates: list[FeedRow] = []
        self._touched: set[int] = set()
        # A feed named in the settings exists before it has an article.
        self._are_empty = connection.scalar(select(schema.feed_row.c.feed).limit(1)) is None
        self.feeds = Feeds(connection, settings)

    def load(self, articles: Sequence[int]) -> None:
        """Load the rows of articles that have been in feeds before."""
        row = schema.feed_row.c
        columns = (row.article, row.feed, row.gone, row.withdrawn, row.archive)
        for some in chunks(articles):
            query = select(*columns).where(row.article.in_(some))
            for article, feed, *values in self._connection.execute(query):
                self._stored.setdefault(article, {})[feed] = _StoredRow(*values)

    def place(self, state: ArticleState, keys: Iterable[str], changed: bool) -> None:
        """Put an article into exactly these feeds. changed: whether its entry differs.

        Must be called in the order of the articles' publication.
        """
        stored = self._stored.get(state.number, {})
        labels = dict(state.written)
        present = set()
        for key in keys:
            feed = self.feeds.get(key, labels.get(key, ""))
            present.add(feed.number)
            row = stored.get(feed.number)
            if row is None or row.gone:
                self._add(state, feed, is_new=row is None)
            elif changed:
                self._edit(state, feed, row)
        for number, row in stored.items():
            # A withdrawn article may come back in other feeds than this one.
            if number not in present and (not row.gone or (row.withdrawn and present)):
                self._remove(state, self.feeds[number], row, withdrawn=not present)

    def write(self, every_feed: bool) -> tuple[str, ...]:
        """Write rows and feeds; return the keys of feeds whose subscription document changed.

        every_feed: check all feeds, not only those whose rows changed.
        """
        feeds = [
            feed
            for feed in self.feeds
            if every_feed or feed.number in self._touched or not feed.stored
        ]
        update_many(self._connection, schema.feed_row, self._updates)
        archives.close(self._connection, self._settings, feeds, self._new)
        self._complete += [row for new in self._new.values() for row in new]
        insert_many(self._connection, schema.feed_row, self._complete)
        changed = tuple([feed.key for feed in feeds if self._refresh(feed, every_feed)])
        archives.write(self._connection, feeds, self._revision)
        history.write(self._connection, feeds, self._revision)
        self.feeds.write(feeds)
        return changed

    def _add(self, state: ArticleState, feed: FeedState, is_new: bool) -> None:
        feed.entries += 1
        feed.unarchived += 1
        # An article that comes back is unarchived, too: an archive never gains an entry.
        row = self._row(state, feed, None)
        if not is_new:
            self._updates.append(row)
            return
        new = self._new[feed.number]
        new.append(row)
        is_new_feed = self._are_empty or not feed.stored
        if is_new_feed and len(new) > (limit := self._settings.feed(feed.key).limit):
            self._complete += archives.take_complete(feed, limit, new)
            if len(self._complete) >= _MANY:
                insert_many(self._connection, schema.feed_row, self._complete)
                self._complete.clear()

    def _edit(self, state: ArticleState, feed: FeedState, row: _StoredRow) -> None:
        if row.archive:
            feed.edited.add(row.archive)
            # If it leaves the window at the old end, an untouched entry enters it.
            feed.severed = feed.severed or state.has_moved
        self._updates.append(self._row(state, feed, row.archive))

    def _remove(
        self, state: ArticleState, feed: FeedState, row: _StoredRow, withdrawn: bool
    ) -> None:
        if not row.gone:
            feed.entries -= 1
            if row.archive:
                feed.edited.add(row.archive)
            else:
                feed.unarchived -= 1
        feed.severed = True
        left = self._row(state, feed, row.archive)
        self._updates.append(left._replace(gone=True, withdrawn=withdrawn))

    def _row(self, state: ArticleState, feed: FeedState, archive: int | None) -> FeedRow:
        self._touched.add(feed.number)
        article, revision, published = state.number, self._revision, state.published
        return FeedRow(article, feed.number, revision, False, False, archive, published, state.slug)

    def _refresh(self, feed: FeedState, every_feed: bool) -> bool:
        """Update a feed's hashes; return whether its subscription document changed."""
        self.feeds.identify(feed)
        limit = self._settings.feed(feed.key).limit
        entries = queries.current_entries(self._connection, feed.number, feed.unarchived, limit)
        fingerprint = head.fingerprint(self._settings, feed.ref, feed.label, feed.head)
        archived = feed.archives != feed.archives_before
        # With another limit, untouched entries may enter the window.
        feed.severed = feed.severed or every_feed or archived or fingerprint != feed.head
        feed.head = fingerprint
        contents = f"{fingerprint} {feed.archives} {entries}"
        if self._settings.tombstones:
            contents += f" {queries.withdrawn(self._connection, feed.number, entries, limit)}"
        digest = hashlib.blake2b(contents.encode(), digest_size=16).hexdigest()
        if digest == feed.window:
            return False
        feed.window = digest
        feed.revision = self._revision
        return True
