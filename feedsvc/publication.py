"""What the site publishes, by reference: feeds as documents, articles, files, lists.

The one door between the catalog and everything that shows it to somebody. Documents and rendered
entries are remembered by revision, so nothing here is ever stale; knows no HTTP.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from feedsvc import dates, head, urls
from feedsvc.catalog import queries
from feedsvc.catalog.queries import FeedRow, Stored
from feedsvc.catalog.store import Catalog, Reading
from feedsvc.model import Category, ContentChoice, Document, Entry, FeedRef, Format, Kind
from feedsvc.render import RENDERERS
from feedsvc.settings import Settings

# What is kept of each, in bytes; the fifty entries of a feed of full texts take a quarter of a MB.
_DOCUMENT_BYTES = 32_000_000
_FRAGMENT_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A feed as lists show it.

    label: what people call it, the site's title for the site feed, else the term's label.
    title: as in the feed itself. entries: articles in it now. changed: when its subscription
    document last changed, UTC.
    """

    ref: FeedRef
    label: str
    title: str
    entries: int
    changed: datetime


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article for its own page. entry: with full content. link: the page's own URL, whatever
    entry.link says. feeds: those that carry it, the site feed first.
    """

    entry: Entry
    link: str
    feeds: tuple[FeedSummary, ...]


@dataclass(frozen=True, slots=True)
class _Fragment:
    """A rendered entry, and what its feed has to know of it."""

    body: bytes
    updated: datetime


class Publication:
    """Answers from the newest revision. Safe to share between threads."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = settings
        self._catalog = catalog
        self._documents = _Recent[tuple[FeedRef, Format], Document](_DOCUMENT_BYTES)
        self._fragments = _Recent[Hashable, _Fragment](_FRAGMENT_BYTES)
        self._schemes = {
            kind: urls.category_scheme(settings.base_url, kind)
            for kind in (Kind.CATEGORY, Kind.TAG)
        }

    def document(self, ref: FeedRef, format: Format) -> Document | None:
        """Return a feed in one format; None if there never was such a feed."""
        with self._catalog.reading() as connection:
            row = queries.feed(connection, ref)
            if row is None:
                return None
            known = self._documents.get((ref, format))
            if known is None or known.revision != row.revision:
                known = self._render(connection, row, format)
                self._documents.put((ref, format), known)
            return known

    def feeds(self) -> list[FeedSummary]:
        """Return every feed: the site's, then categories, tags, authors, languages, by label."""
        with self._catalog.reading() as connection:
            summaries = [self._summary(row) for row in queries.feeds(connection)]
        order = {kind: index for index, kind in enumerate(Kind)}
        return sorted(
            summaries, key=lambda each: (order[each.ref.kind], each.label.casefold(), each.ref)
        )

    def feed(self, ref: FeedRef) -> FeedSummary | None:
        """Return one feed's summary; None if there never was such a feed."""
        with self._catalog.reading() as connection:
            row = queries.feed(connection, ref)
        return self._summary(row) if row else None

    def entries(self, ref: FeedRef) -> list[Entry]:
        """Return the entries of a feed's subscription document, newest first; [] for none."""
        own = self.settings.feed(ref.key)
        with self._catalog.reading() as connection:
            row = queries.feed(connection, ref)
            if row is None:
                return []
            numbers = [number for number, _ in queries.window(connection, row.number, own.limit)]
            articles = queries.articles(connection, numbers)
        return [self._entry(articles[number], own.content) for number in numbers]

    def article(self, slug: str) -> ArticlePage | None:
        """Return an article's page; None unless the article is visible now."""
        with self._catalog.reading() as connection:
            stored = queries.article(connection, slug)
            if stored is None:
                return None
            refs = [FeedRef(Kind.ALL), *(ref for ref, _ in stored.terms)] if stored.feeds else []
            rows = [row for row in (queries.feed(connection, ref) for ref in refs) if row]
        return ArticlePage(
            entry=self._entry(replace(stored, content=ContentChoice.FULL), ContentChoice.FULL),
            link=self._page_url(stored),
            feeds=tuple(self._summary(row) for row in rows),
        )

    def withdrawn(self, slug: str) -> bool:
        """Tell whether an article was published once, and is not visible now."""
        with self._catalog.reading() as connection:
            return queries.article(connection, slug) is None and queries.was_visible(
                connection, slug
            )

    def file(self, path: str) -> Path | None:
        """Return a local file that may be served: one that a visible article or a feed shows.

        path: relative to the content folder. None for any other, and for one that left since.
        """
        if urls.file_path(path) not in self._images():
            with self._catalog.reading() as connection:
                if not queries.is_shown(connection, path):
                    return None
        root = self.settings.content
        found = (root / path).resolve()
        return found if found.is_relative_to(root) and found.is_file() else None

    def revision(self) -> int:
        """Return the number of the newest revision; 0 before the first."""
        with self._catalog.reading() as connection:
            return queries.newest(connection)[0]

    def last_modified(self) -> datetime:
        """Return the instant of the newest revision, UTC."""
        with self._catalog.reading() as connection:
            return queries.newest(connection)[1]

    def _render(self, connection: Reading, row: FeedRow, format: Format) -> Document:
        label = head.label(self.settings, row.ref, row.label)
        empty = head.head(self.settings, row.ref, label, format, row.changed)
        fragments = self._render_entries(connection, row, format, empty.language)
        # No instant of ours: an empty feed, too, is the same whenever it is made.
        updated = max((each.updated for each in fragments), default=dates.from_epoch(0))
        renderer = RENDERERS[format]
        body = renderer.document(replace(empty, updated=updated), [each.body for each in fragments])
        return Document(body, renderer.media_type, row.revision, row.changed)

    def _render_entries(
        self,
        connection: Reading,
        row: FeedRow,
        format: Format,
        language: str,
    ) -> list[_Fragment]:
        """Return a feed's entries in one format; only those not kept yet are read and rendered."""
        own = self.settings.feed(row.ref.key)
        shown = queries.window(connection, row.number, own.limit)
        keys = {each: (format, own.content, language, *each) for each in shown}
        found = {each: self._fragments.get(key) for each, key in keys.items()}
        missing = [each for each, fragment in found.items() if fragment is None]
        articles = queries.articles(connection, [number for number, _ in missing])
        for each in missing:
            entry = self._entry(articles[each[0]], own.content)
            if entry.language == language:
                entry = replace(entry, language=None)
            fragment = _Fragment(RENDERERS[format].entry(entry), entry.updated)
            found[each] = fragment
            self._fragments.put(keys[each], fragment)
        return [fragment for fragment in found.values() if fragment]

    def _entry(self, stored: Stored, choice: ContentChoice) -> Entry:
        """Return an article as a feed carries it. choice: what the feed wants of its text."""
        chosen = stored.content or choice
        return Entry(
            id=stored.id,
            title=stored.title,
            link=stored.link,
            published=stored.published,
            updated=stored.updated,
            summary="" if chosen is ContentChoice.NONE else stored.summary,
            content=stored.html if chosen is ContentChoice.FULL else None,
            authors=stored.authors,
            categories=tuple(
                Category(ref.term, self._schemes[ref.kind], label)
                for ref, label in stored.terms
                if ref.kind in self._schemes
            ),
            enclosures=stored.enclosures,
            image=stored.image,
            language=stored.language,
        )

    def _summary(self, row: FeedRow) -> FeedSummary:
        label = head.label(self.settings, row.ref, row.label)
        title = head.title(self.settings, row.ref, label)
        return FeedSummary(row.ref, label, title, row.entries, row.changed)

    def _page_url(self, stored: Stored) -> str:
        written = stored.published.astimezone(stored.zone)
        path = urls.article_path(self.settings.article_link, stored.slug, written)
        return urls.absolute(self.settings.base_url, path)

    def _images(self) -> set[str]:
        feeds = (self.settings.feed_defaults, *self.settings.feeds.values())
        images = (self.settings.image, *(each.image for each in feeds))
        return {each.url for each in images if each}


class _Rendered(Protocol):
    @property
    def body(self) -> bytes: ...


_Key = TypeVar("_Key", bound=Hashable)
_Item = TypeVar("_Item", bound=_Rendered)


class _Recent(Generic[_Key, _Item]):
    """The most recently used, up to a number of bytes. Safe to share between threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[_Key, _Item] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key) -> _Item | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: _Key, item: _Item) -> None:
        with self._lock:
            if before := self._kept.pop(key, None):
                self._size -= len(before.body)
            self._kept[key] = item
            self._size += len(item.body)
            while self._size > self._limit:
                _, oldest = self._kept.popitem(last=False)
                self._size -= len(oldest.body)
