"""Everything a site publishes: feeds as documents, articles, files, lists.

All presentation goes through this interface to the catalog. Documents and rendered entries are
cached by revision, so they are never stale. Independent of HTTP.
"""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from feedsvc import urls
from feedsvc.catalog import browsing, listings, queries
from feedsvc.catalog.changes import POLL, Changes
from feedsvc.catalog.listings import Dated
from feedsvc.catalog.published import mark_published
from feedsvc.catalog.queries import StoredArticle, StoredFeed
from feedsvc.catalog.rows import chunks
from feedsvc.catalog.store import Catalog, Transaction
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError
from feedsvc.lru import LRUCache
from feedsvc.model import ContentChoice, Document, Entry, FeedRef, Format, Kind, Withdrawn
from feedsvc.publication import collation, summaries
from feedsvc.publication.entries import Entries, assemble
from feedsvc.publication.files import Files
from feedsvc.publication.summaries import ArticlePage, FeedSummary, Health, Neighbour
from feedsvc.sources.site import Sources

_BATCH = 100  # articles per query
_LAG, _LAG_OF_SERVER = 1.0, 3.5  # seconds, several polls of serve/watch.py


class Publication:
    """The newest revision of a site. Thread-safe. cache_size: bytes of documents to cache."""

    cache_size = 16_000_000

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        sources: Sources | None = None,
        entries: Entries | None = None,
        hubs: tuple[str, ...] | None = None,
    ) -> None:
        """Publish a catalog. sources, entries: those of the settings if None.

        hubs: the URLs that subscription documents name; None for the external hubs of the settings.
        """
        self.settings = settings
        self.hubs = head.hubs(settings, own=False) if hubs is None else hubs
        self.catalog = catalog
        self._documents = LRUCache[Hashable, Document](self.cache_size, lambda each: len(each.body))
        self._entries = entries or Entries(settings)
        self.files = Files(settings, catalog, sources or Sources.of(settings))

    @property
    def lag(self) -> float:
        """The seconds after which every process that can read the catalog shows a new revision."""
        return _LAG if self.settings.database.startswith("sqlite") else _LAG_OF_SERVER

    def document(self, ref: FeedRef, format: Format) -> Document | None:
        """Return a feed in one format; None if there has never been such a feed."""
        with self.catalog.reading() as connection:
            row = queries.feed(connection, ref)
            return self._subscription(connection, row, format) if row else None

    def archive(self, ref: FeedRef, format: Format, number: int) -> Document | None:
        """Return an archive of a feed (RFC 5005 4), numbered from 1 = oldest; None if missing."""
        with self.catalog.reading() as connection:
            row = queries.feed(connection, ref)
            found = queries.archive(connection, row, number) if row else None
            if row is None or found is None:
                return None
            known = self._documents.get((ref, format, "archive", number))
            if known and known.tag == found.tag:
                return known
            label = head.label(self.settings, ref, row.label)
            since = self.settings.since
            feed = head.archive_head(
                self.settings, ref, label, format, since, row.archives, number, row.guid
            )
            fragments = self._entries.render(connection, ref, format, feed.language, found.entries)
        document = assemble(feed, format, fragments, found)
        self._documents.put((ref, format, "archive", number), document)
        return document

    def delta(self, ref: FeedRef, format: Format, tag: str) -> Document | None:
        """Return the delta from an older document of a feed (RFC 3229, conformance 40).

        It is the current document with only the entries that changed since, whatever their dates.
        tag: of the older document. None if there is no delta from it, or if it is the current one.
        """
        with self.catalog.reading() as connection:
            row = queries.feed(connection, ref)
            since = queries.held(connection, row, tag) if row and tag != row.tag else None
            return self._subscription(connection, row, format, since) if row and since else None

    def feeds(self) -> list[FeedSummary]:
        """Return every listed feed, in the order of kinds, then by label in the site's language."""
        with self.catalog.reading() as connection:
            rows = queries.feeds(connection)
        return sorted(
            (
                summaries.of_feed(self.settings, row)
                for row in rows
                if self.settings.is_listed(row.ref.key)
            ),
            key=lambda each: (
                list(Kind).index(each.ref.kind),
                collation.sort_key(each.label, self.settings.language),
                each.ref,
            ),
        )

    def feed(self, ref: FeedRef) -> FeedSummary | None:
        """Return the summary of a feed; None if there has never been such a feed."""
        with self.catalog.reading() as connection:
            row = queries.feed(connection, ref)
        return summaries.of_feed(self.settings, row) if row else None

    def entries(self, ref: FeedRef, page: int | None = None) -> list[Entry]:
        """Return the entries on a page of a feed, newest first; [] if there is no such page.

        page: from 1 = oldest; None for the feed's own page, with the newest articles.
        """
        content = self.settings.feed(ref.key).content
        with self.catalog.reading() as connection:
            row = queries.feed(connection, ref)
            if row is None or (page or 0) > summaries.numbered_pages(row.entries):
                return []
            window = summaries.page_range(row.entries, page)
            numbers = browsing.page(connection, row.number, *window)
            articles = queries.articles(connection, numbers)
        return [self._entries.entry(articles[number], content) for number in numbers]

    def sitemap(self, first: int, count: int) -> list[tuple[str, datetime]]:
        """Return the page URLs of articles in the site feed, and when each was last updated.

        Oldest first. first: the position of the first, from 0.
        """
        with self.catalog.reading() as connection:
            row = queries.feed(connection, FeedRef(Kind.ALL))
            found = browsing.updates(connection, row.number, first, count) if row else []
        return [(self._page_url(article), updated) for article, updated in found]

    def articles(self) -> Iterator[Entry]:
        """Yield all visible articles with their full text, newest first."""
        with self.catalog.reading() as connection:
            numbers = listings.visible(connection)
        for batch in chunks(numbers, _BATCH):
            with self.catalog.reading() as connection:
                articles = queries.articles(connection, batch)
            for number in batch:
                if number in articles:  # it may have been withdrawn since
                    yield self._full_entry(articles[number])

    def article(self, slug: str) -> ArticlePage | None:
        """Return the page of the article that has this slug, else of the last that had it.

        None unless that article is visible now.
        """
        with self.catalog.reading() as connection:
            stored = browsing.article(connection, slug)
            if stored is None:
                return None
            keys = self.settings.feeds_of([ref.key for ref, _ in stored.terms])
            listed = [key for key in keys if stored.feeds and self.settings.is_listed(key)]
            rows = [queries.feed(connection, FeedRef.of(key)) for key in listed]
            older, newer = self._neighbours(connection, stored)
        return ArticlePage(
            entry=self._full_entry(stored),
            link=self._page_url(stored),
            feeds=tuple(summaries.of_feed(self.settings, row) for row in rows if row),
            older=older,
            newer=newer,
        )

    def withdrawn(self, slug: str) -> bool:
        """Return whether an article was published once but is not visible now."""
        with self.catalog.reading() as connection:
            is_visible = browsing.article(connection, slug) is not None
            return not is_visible and browsing.was_visible(connection, slug)

    def archive_tags(self, ref: FeedRef) -> list[str]:
        """Return the tags of a feed's archive documents, oldest first; see model.Document."""
        with self.catalog.reading() as connection:
            row = queries.feed(connection, ref)
            if row is None:
                return []
            archives = (queries.archive(connection, row, n + 1) for n in range(row.archives))
            return [each.tag for each in archives if each]

    def article_urls(self) -> tuple[list[str], list[str]]:
        """Return the URLs of visible articles, and former URLs; see `listings.published`."""
        with self.catalog.reading() as connection:
            present, past = listings.published(connection)
        return [self._page_url(each) for each in present], [self._page_url(each) for each in past]

    def page_versions(self) -> tuple[dict[str, str], dict[FeedRef, str]]:
        """Return texts that change with pages: of articles by URL, and of all pages of a feed.

        They do not cover the settings.
        """
        with self.catalog.reading() as connection:
            articles = listings.page_versions(connection)
            feeds = listings.feed_versions(connection)
        return {self._page_url(each): version for each, version in articles}, feeds

    def newest(self) -> tuple[int, datetime]:
        """Return number and instant of the newest revision; 0 and the epoch if there is none."""
        with self.catalog.reading() as connection:
            return queries.newest(connection)[:2]

    def state(self) -> tuple[str, datetime | None]:
        """Return a name of the newest revision, and when something is released or expires next.

        The name is unique even if the revisions of a rebuilt catalog start from 1 again. Raises
        CatalogError if the catalog is empty, or if this version cannot read its schema.
        """
        with self.catalog.reading() as connection:
            exists = self.catalog.check_readable(connection)
            number, _, digest = queries.newest(connection) if exists else (0, 0, "")
            if not number:  # new or rebuilt: missing articles must not become 404 or 410
                raise CatalogError("the catalog is empty; the first sync fills it")
            return f"{number}.{digest}", queries.next_due(connection)

    def changes(self, every: float = POLL) -> Changes:
        """Return an object that waits for changes, for one thread. every: see Changes."""
        return self.catalog.changes(every)

    def mark_published(self) -> None:
        """Record that readers may know the site, so that ids are kept. Raises CatalogError."""
        mark_published(self.catalog, datetime.now(UTC))

    def health(self) -> Health:
        """Return the health of the site."""
        with self.catalog.reading() as connection:
            revision, *_ = queries.newest(connection)
            synced, problems = queries.last_sync(connection) or (None, 0)
        return Health(revision, synced, problems)

    def _subscription(
        self, connection: Transaction, row: StoredFeed, format: Format, since: int = 0
    ) -> Document:
        """Return a feed's subscription document. since: the revision that a delta starts from."""
        known = self._documents.get((row.ref, format, since))
        if known and known.tag == row.tag:
            return known
        label = head.label(self.settings, row.ref, row.label)
        feed = head.head(
            self.settings, row.ref, label, format, self.settings.since, row.archives, row.guid
        )
        feed = replace(feed, hubs=self.hubs)
        limit = self.settings.feed(row.ref.key).limit
        entries = queries.current_entries(connection, row.number, row.unarchived, limit)
        if self.settings.tombstones and format is Format.ATOM:
            found = queries.withdrawn(connection, row.number, entries, limit)
            instants = queries.instants(connection, {revision for _, revision in found})
            withdrawn = [Withdrawn(entry_id, instants[revision]) for entry_id, revision in found]
            feed = replace(feed, withdrawn=tuple(withdrawn))
        fragments = self._entries.render(connection, row.ref, format, feed.language, entries)
        document = assemble(feed, format, fragments, row, since)
        self._documents.put((row.ref, format, since), document)
        return document

    def _full_entry(self, stored: StoredArticle) -> Entry:
        return self._entries.entry(replace(stored, content=ContentChoice.FULL), ContentChoice.FULL)

    def _neighbours(
        self, connection: Transaction, stored: StoredArticle
    ) -> tuple[Neighbour | None, Neighbour | None]:
        site = queries.feed(connection, FeedRef(Kind.ALL))
        if site is None:
            return None, None
        numbers = browsing.neighbours(connection, site.number, stored.number)
        articles = queries.articles(connection, [each for each in numbers if each is not None])
        older, newer = (
            None if each is None else self._neighbour(articles[each]) for each in numbers
        )
        return older, newer

    def _neighbour(self, stored: StoredArticle) -> Neighbour:
        title = self._entries.entry(stored, ContentChoice.NONE).title  # a preview marks drafts
        return Neighbour(title, self._page_url(stored), stored.language)

    def _page_url(self, stored: StoredArticle | Dated) -> str:
        if urls.has_path(self.settings.article_link):
            return stored.link
        published = stored.published.astimezone(stored.zone)
        path = urls.article_path(self.settings.article_link, stored.slug, published)
        return urls.absolute(self.settings.base_url, path)
