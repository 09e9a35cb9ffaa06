"""What the site publishes, by reference: feeds as documents, articles, files, lists.

The one door between the catalog and everything that shows it to somebody. Documents and rendered
entries are remembered by revision, so nothing here is ever stale; knows no HTTP.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from feedsvc import urls
from feedsvc.catalog import listings, queries
from feedsvc.catalog.listings import Dated
from feedsvc.catalog.queries import FeedRow, Shown, Stored
from feedsvc.catalog.rows import chunks
from feedsvc.catalog.store import Catalog, Reading
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError
from feedsvc.lru import LRUCache
from feedsvc.model import (
    ContentChoice,
    Document,
    Entry,
    Feed,
    FeedRef,
    Format,
    Kind,
    Withdrawn,
)
from feedsvc.publication.entries import Entries, assemble
from feedsvc.sources.site import Sources

_DOCUMENT_BYTES = 16_000_000  # of documents that are kept
_ARTICLES = 100  # read at a time


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A feed as lists show it.

    label: what people call it, the site's title for the site feed, else the term's label.
    title, subtitle: as in the feed itself, but '' for no subtitle. entries: articles in it now.
    changed: when its subscription document last changed, UTC. archives: how many it has. tag: of
    its subscription document; see model.Document.
    """

    ref: FeedRef
    label: str
    title: str
    entries: int
    changed: datetime
    subtitle: str = ""
    archives: int = 0
    tag: str = ""


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article for its own page. entry: with full content. link: the page's own URL, whatever
    entry.link says. feeds: those that carry it and are listed, the site feed first.
    """

    entry: Entry
    link: str
    feeds: tuple[FeedSummary, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """How the site is. revision: the newest; 0 before the first. problems: of the last sync."""

    revision: int
    synced: datetime | None
    problems: int


class Publication:
    """Answers from the newest revision. Safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        *,
        sources: Sources | None = None,
        entries: Entries | None = None,
        room: int = _DOCUMENT_BYTES,
    ) -> None:
        """Publish what is in a catalog.

        sources: of its files; those of the settings if None. entries: makes the entries, where
        others are wanted. room: bytes of documents to keep.
        """
        self.settings = settings
        self._catalog = catalog
        self._documents = LRUCache[Hashable, Document](room, _size)
        self._entries = entries or Entries(settings)
        self._sources = sources or Sources.of(settings)

    def document(self, ref: FeedRef, format: Format) -> Document | None:
        """Return a feed in one format; None if there never was such a feed."""
        with self._catalog.reading() as connection:
            row = queries.feed(connection, ref)
            if row is None:
                return None
            known = self._documents.get((ref, format))
            if known and known.tag == row.tag:
                return known
            shown = self._window(connection, row)
            feed = self._head(connection, row, format, shown)
            fragments = self._entries.render(connection, ref, format, feed.language, shown)
        return self._keep((ref, format), assemble(feed, format, fragments, row))

    def archive(self, ref: FeedRef, format: Format, number: int) -> Document | None:
        """Return an archive document of a feed in one format; None if there is no such archive.

        number: from 1 = oldest (RFC 5005 4).
        """
        with self._catalog.reading() as connection:
            row = queries.feed(connection, ref)
            found = queries.archive(connection, row, number) if row else None
            if row is None or found is None:
                return None
            known = self._documents.get((ref, format, number))
            if known and known.tag == found.tag:
                return known
            label = head.label(self.settings, ref, row.label)
            feed = head.archive_head(
                self.settings, ref, label, format, self.settings.since, row.archives, number
            )
            fragments = self._entries.render(connection, ref, format, feed.language, found.shown)
        return self._keep((ref, format, number), assemble(feed, format, fragments, found))

    def delta(self, ref: FeedRef, format: Format, tag: str) -> Document | None:
        """Return what the holder of an older document of a feed lacks (RFC 3229, conformance 40).

        That is the present document with only those of its entries that were touched since,
        whatever their dates. tag: of the older one. None where it cannot be said what its holder
        lacks, or where it is the present one.
        """
        with self._catalog.reading() as connection:
            row = queries.feed(connection, ref)
            if row is None or tag == row.tag:
                return None
            held = queries.held(connection, row, tag)
            if held is None:
                return None
            known = self._documents.get((ref, format, tag))
            if known and known.tag == row.tag:
                return known
            shown = self._window(connection, row)
            feed = self._head(connection, row, format, shown)
            fragments = self._entries.render(connection, ref, format, feed.language, shown)
        return self._keep((ref, format, tag), assemble(feed, format, fragments, row, held))

    def feeds(self) -> list[FeedSummary]:
        """Return every feed that is listed, in the order of kinds, then by label."""
        with self._catalog.reading() as connection:
            rows = queries.feeds(connection)
        listed = (row for row in rows if self.settings.is_listed(row.ref.key))
        summaries = [self._summary(row) for row in listed]
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
            numbers = [number for number, _ in self._window(connection, row)]
            articles = queries.articles(connection, numbers)
        return [self._entries.entry(articles[number], own.content) for number in numbers]

    def articles(self) -> Iterator[Entry]:
        """Yield all visible articles with their full text, newest first."""
        with self._catalog.reading() as connection:
            numbers = listings.visible(connection)
        for some in chunks(numbers, _ARTICLES):
            with self._catalog.reading() as connection:
                found = queries.articles(connection, some)
            for number in some:
                if number in found:  # it may have been withdrawn since
                    whole = replace(found[number], content=ContentChoice.FULL)
                    yield self._entries.entry(whole, ContentChoice.FULL)

    def article(self, slug: str) -> ArticlePage | None:
        """Return an article's page; None unless the article is visible now.

        slug: its own, or one that it had once and that is nobody's now.
        """
        with self._catalog.reading() as connection:
            stored = queries.article(connection, slug)
            if stored is None:
                return None
            keys = self.settings.feeds_of([ref.key for ref, _ in stored.terms])
            listed = [key for key in keys if stored.feeds and self.settings.is_listed(key)]
            found = (queries.feed(connection, FeedRef.of(key)) for key in listed)
            rows = [row for row in found if row]
        whole = replace(stored, content=ContentChoice.FULL)
        return ArticlePage(
            entry=self._entries.entry(whole, ContentChoice.FULL),
            link=self._page_url(stored),
            feeds=tuple(self._summary(row) for row in rows),
        )

    def withdrawn(self, slug: str) -> bool:
        """Tell whether an article was published once, and is not visible now."""
        with self._catalog.reading() as connection:
            return queries.article(connection, slug) is None and queries.was_visible(
                connection, slug
            )

    def archive_tags(self, ref: FeedRef) -> list[str]:
        """Return the tags of a feed's archive documents, the oldest first; see model.Document."""
        with self._catalog.reading() as connection:
            row = queries.feed(connection, ref)
            if row is None:
                return []
            found = (queries.archive(connection, row, n + 1) for n in range(row.archives))
            return [each.tag for each in found if each]

    def article_urls(self) -> tuple[list[str], list[str]]:
        """Return the URLs at which an article is, and those at which one was."""
        with self._catalog.reading() as connection:
            present, past = listings.published(connection)
        return [self._page_url(each) for each in present], [self._page_url(each) for each in past]

    def files(self) -> list[str]:
        """Return the URLs of all local files that may be served."""
        with self._catalog.reading() as connection:
            shown = listings.shown_files(connection)
        of_articles = {self._absolute(urls.file_path(path)) for path in shown}
        ours = self._absolute(urls.file_path(""))
        return sorted(of_articles | {url for url in self._images() if url.startswith(ours)})

    def file(self, path: str) -> Path | None:
        """Return a local file that may be served: one that a visible article or a feed shows.

        path: as in `model.Article.files`. None for any other, and for one that left since.
        """
        if self._absolute(urls.file_path(path)) not in self._images():
            with self._catalog.reading() as connection:
                if not queries.is_shown(connection, path):
                    return None
        return self._sources.file(path)

    def newest(self) -> tuple[int, datetime]:
        """Return the newest revision's number and instant; 0 and the epoch before the first."""
        with self._catalog.reading() as connection:
            number, instant, _ = queries.newest(connection)
        return number, instant

    def state(self) -> tuple[str, datetime | None]:
        """Return what names the newest revision, and when something is released or expires next.

        The name is another one, too, in a catalog made anew, which counts from 1 again. Raises
        OutdatedError, NewerError for a catalog of another schema, unless it is readable for us.
        """
        with self._catalog.reading() as connection:
            self._catalog.check_readable(connection)
            number, _, digest = queries.newest(connection)
            if not number:  # made, or made anew, and not filled: what it lacks is not gone
                raise CatalogError("the catalog is empty; the first sync fills it")
            return f"{number}.{digest}", queries.next_due(connection)

    def health(self) -> Health:
        """Tell how the site is."""
        with self._catalog.reading() as connection:
            revision, *_ = queries.newest(connection)
            synced, problems = queries.last_sync(connection) or (None, 0)
        return Health(revision, synced, problems)

    def _head(
        self, connection: Reading, row: FeedRow, format: Format, shown: Sequence[Shown]
    ) -> Feed:
        label = head.label(self.settings, row.ref, row.label)
        feed = head.head(self.settings, row.ref, label, format, self.settings.since, row.archives)
        if not (self.settings.tombstones and format is Format.ATOM):
            return feed
        limit = self.settings.feed(row.ref.key).limit
        gone = queries.withdrawn(connection, row.number, shown, limit)
        instants = queries.instants(connection, {revision for _, revision in gone})
        return replace(
            feed,
            withdrawn=tuple(Withdrawn(entry_id, instants[revision]) for entry_id, revision in gone),
        )

    def _window(self, connection: Reading, row: FeedRow) -> list[Shown]:
        limit = self.settings.feed(row.ref.key).limit
        return queries.window(connection, row.number, row.unarchived, limit)

    def _keep(self, key: Hashable, document: Document) -> Document:
        self._documents.put(key, document)
        return document

    def _summary(self, row: FeedRow) -> FeedSummary:
        label = head.label(self.settings, row.ref, row.label)
        title = head.title(self.settings, row.ref, label)
        subtitle = head.subtitle(self.settings, row.ref)
        return FeedSummary(
            row.ref, label, title, row.entries, row.changed, subtitle, row.archives, row.tag
        )

    def _page_url(self, stored: Stored | Dated) -> str:
        if urls.has_path(self.settings.article_link):
            return stored.link
        written = stored.published.astimezone(stored.zone)
        path = urls.article_path(self.settings.article_link, stored.slug, written)
        return self._absolute(path)

    def _absolute(self, path: str) -> str:
        return urls.absolute(self.settings.base_url, path)

    def _images(self) -> set[str]:
        feeds = (self.settings.feed_defaults, *self.settings.feeds.values())
        images = (self.settings.image, *(each.image for each in feeds))
        return {self._absolute(each.url) for each in images if each}


def _size(document: Document) -> int:
    return len(document.body)
