"""Which article is in which feed: the rows of one writing transaction, and what follows of them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from feedsvc import head
from feedsvc.catalog import queries, schema
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.rows import chunks
from feedsvc.catalog.state import State
from feedsvc.model import FeedRef, Kind
from feedsvc.settings import Settings


@dataclass(slots=True)
class _Feed:
    """A feed's row. shown: the label in force, which label is unless the settings say another."""

    number: int
    key: str
    label: str
    shown: str
    entries: int = 0
    window: str = ""
    revision: int = 0
    sequence: int = 0
    stored: bool = False

    @property
    def ref(self) -> FeedRef:
        """The feed's name."""
        return FeedRef.of(self.key)


class FeedRows:
    """Collects the changes of feed rows of one revision; `write` carries them out."""

    def __init__(self, connection: Connection, settings: Settings, revision: int) -> None:
        self._connection = connection
        self._settings = settings
        self._revision = revision
        self._existing: dict[int, dict[int, bool]] = {}
        self._inserts: list[dict[str, Any]] = []
        self._updates: list[dict[str, Any]] = []
        self._touched: dict[str, _Feed] = {}
        self._feeds: dict[str, _Feed] = {}
        for row in connection.execute(select(schema.feed)):
            counters = {name: getattr(row, name) for name in _COUNTERS}
            shown = self._shown(row.key, row.label)
            self._feeds[row.key] = _Feed(
                row.number, row.key, row.label, shown, **counters, stored=True
            )
        self._keys = {each.number: key for key, each in self._feeds.items()}
        self._feed(Kind.ALL, "")  # there is a site feed, even while it is empty

    def label(self, key: str, written: str) -> str:
        """Return the label in force for a term: the settings', else as it was first written."""
        feed = self._feeds.get(key)
        return feed.shown if feed else self._shown(key, written)

    def load(self, articles: Sequence[int]) -> None:
        """Read the rows of articles that have been in feeds before."""
        row = schema.feed_row
        for some in chunks(articles):
            query = select(row.c.article, row.c.feed, row.c.gone).where(row.c.article.in_(some))
            for article, feed, gone in self._connection.execute(query):
                self._existing.setdefault(article, {})[feed] = gone

    def place(self, state: State, keys: Iterable[str], changed: bool) -> None:
        """Put an article into exactly these feeds. changed: its entry there is not as it was."""
        existing = self._existing.get(state.number, {})
        labels = dict(state.written)
        wanted = set()
        for key in keys:
            feed = self._feed(key, labels.get(key, ""))
            wanted.add(feed.number)
            gone = existing.get(feed.number)
            if gone is not False:
                feed.sequence += 1
                feed.entries += 1
                row = {**self._row(state, feed), "sequence": feed.sequence}
                (self._inserts if gone is None else self._updates).append(row)
            elif changed:
                self._updates.append(self._row(state, feed))
        for number, gone in existing.items():
            if not gone and number not in wanted:
                feed = self._feeds[self._keys[number]]
                feed.entries -= 1
                self._updates.append(self._row(state, feed, gone=True))

    def write(self, everywhere: bool) -> int:
        """Write rows and feeds; return how many subscription documents changed.

        everywhere: look at every feed, not only at those whose rows changed.
        """
        row = schema.feed_row
        insert_many(self._connection, row, self._inserts)
        of_row = (row.c.article == bindparam("of_article"), row.c.feed == bindparam("of_feed"))
        moved = [each for each in self._updates if "sequence" in each]
        kept = [each for each in self._updates if "sequence" not in each]
        for some in (moved, kept):
            if some:
                keyed = [
                    {"of_article": each.pop("article"), "of_feed": each.pop("feed"), **each}
                    for each in some
                ]
                self._connection.execute(update(row).where(*of_row), keyed)
        feeds = self._feeds if everywhere else self._touched
        changed = sum(self._refresh(feed) for feed in feeds.values())
        self._write_feeds(list(feeds.values()))
        return changed

    def _feed(self, key: str, label: str) -> _Feed:
        feed = self._feeds.get(key)
        if feed is None:
            number = len(self._keys) + 1  # none ever leaves
            feed = _Feed(number, key, label, self._shown(key, label))
            self._feeds[key] = self._touched[key] = feed
            self._keys[number] = key
        return feed

    def _shown(self, key: str, label: str) -> str:
        return head.label(self._settings, FeedRef.of(key), label)

    def _row(self, state: State, feed: _Feed, gone: bool = False) -> dict[str, Any]:
        self._touched[feed.key] = feed
        return {
            "article": state.number,
            "feed": feed.number,
            "revision": self._revision,
            "gone": gone,
            "published": state.published,
            "slug": state.slug,
        }

    def _refresh(self, feed: _Feed) -> bool:
        """Note the revision in a feed whose subscription document shows something else now."""
        limit = self._settings.feed(feed.ref.key).limit
        shown = queries.window(self._connection, feed.number, limit)
        said = head.fingerprint(self._settings, feed.ref, feed.label)
        window = hashlib.blake2b(f"{said} {shown}".encode(), digest_size=16).hexdigest()
        if window == feed.window:
            return False
        feed.window = window
        feed.revision = self._revision
        return True

    def _write_feeds(self, feeds: list[_Feed]) -> None:
        feed = schema.feed
        new = [each for each in feeds if not each.stored]
        if new:
            rows = [
                {"number": each.number, "key": each.key, "label": each.label, **_counters(each)}
                for each in new
            ]
            insert_many(self._connection, feed, rows)
        old = [each for each in feeds if each.stored]
        if old:
            self._connection.execute(
                update(feed).where(feed.c.number == bindparam("of_number")),
                [{"of_number": each.number, **_counters(each)} for each in old],
            )


_COUNTERS = ("entries", "window", "revision", "sequence")


def _counters(feed: _Feed) -> dict[str, Any]:
    return {name: getattr(feed, name) for name in _COUNTERS}
