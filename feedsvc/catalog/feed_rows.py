"""Which article is in which feed: the rows of one writing transaction, and what follows of them."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from feedsvc import head
from feedsvc.catalog import queries, schema
from feedsvc.catalog.rows import chunks
from feedsvc.catalog.state import State
from feedsvc.model import FeedRef, Kind
from feedsvc.settings import Settings


@dataclass(slots=True)
class _Feed:
    number: int
    ref: FeedRef
    label: str
    entries: int = 0
    window: str = ""
    revision: int = 0
    sequence: int = 0
    stored: bool = False


class FeedRows:
    """Collects the changes of feed rows of one revision; `write` carries them out."""

    def __init__(self, connection: Connection, settings: Settings, revision: int) -> None:
        self._connection = connection
        self._settings = settings
        self._revision = revision
        self._existing: dict[int, dict[int, bool]] = {}
        self._inserts: list[dict[str, Any]] = []
        self._updates: list[dict[str, Any]] = []
        self._touched: dict[FeedRef, _Feed] = {}
        self._feeds: dict[FeedRef, _Feed] = {}
        for row in connection.execute(select(schema.feed)):
            ref = FeedRef(Kind(row.kind), row.term)
            counters = {name: getattr(row, name) for name in _COUNTERS}
            self._feeds[ref] = _Feed(row.number, ref, row.label, **counters, stored=True)
        self._refs = {each.number: ref for ref, each in self._feeds.items()}
        self._feed(FeedRef(Kind.ALL), "")  # there is a site feed, even while it is empty

    def label(self, ref: FeedRef, written: str) -> str:
        """Return the label in force for a term: the settings', else as it was first written."""
        feed = self._feeds.get(ref)
        return head.label(self._settings, ref, feed.label if feed else written)

    def load(self, articles: Sequence[int]) -> None:
        """Read the rows of articles that have been in feeds before."""
        row = schema.feed_row
        for some in chunks(articles):
            query = select(row.c.article, row.c.feed, row.c.gone).where(row.c.article.in_(some))
            for article, feed, gone in self._connection.execute(query):
                self._existing.setdefault(article, {})[feed] = gone

    def place(self, state: State, refs: Iterable[FeedRef], changed: bool) -> None:
        """Put an article into exactly these feeds. changed: its entry there is not as it was."""
        existing = self._existing.get(state.number, {})
        labels = dict(state.written)
        wanted = set()
        for ref in refs:
            feed = self._feed(ref, labels.get(ref, ""))
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
                feed = self._feeds[self._refs[number]]
                feed.entries -= 1
                self._updates.append(self._row(state, feed, gone=True))

    def write(self, everywhere: bool) -> int:
        """Write rows and feeds; return how many subscription documents changed.

        everywhere: look at every feed, not only at those whose rows changed.
        """
        row = schema.feed_row
        if self._inserts:
            self._connection.execute(insert(row), self._inserts)
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

    def _feed(self, ref: FeedRef, label: str) -> _Feed:
        feed = self._feeds.get(ref)
        if feed is None:
            feed = _Feed(len(self._refs) + 1, ref, label)  # none ever leaves
            self._feeds[ref] = self._touched[ref] = feed
            self._refs[feed.number] = ref
        return feed

    def _row(self, state: State, feed: _Feed, gone: bool = False) -> dict[str, Any]:
        self._touched[feed.ref] = feed
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
            self._connection.execute(
                insert(feed),
                [
                    {"number": each.number, "key": each.ref.key, "kind": each.ref.kind}
                    | {"term": each.ref.term, "label": each.label, **_counters(each)}
                    for each in new
                ],
            )
        old = [each for each in feeds if each.stored]
        if old:
            self._connection.execute(
                update(feed).where(feed.c.number == bindparam("of_number")),
                [{"of_number": each.number, **_counters(each)} for each in old],
            )


_COUNTERS = ("entries", "window", "revision", "sequence")


def _counters(feed: _Feed) -> dict[str, Any]:
    return {name: getattr(feed, name) for name in _COUNTERS}
