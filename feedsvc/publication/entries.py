"""Converts articles to Entries, renders them, and assembles Documents.

Rendered entries are cached by revision, so they are never stale.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from feedsvc import features, routes
from feedsvc.catalog import queries
from feedsvc.catalog.queries import EntryRevision, StoredArchive, StoredArticle, StoredFeed
from feedsvc.catalog.store import Transaction
from feedsvc.config.feeds import FeedSettings
from feedsvc.config.settings import Settings
from feedsvc.lru import LRUCache
from feedsvc.model import (
    Category,
    ContentChoice,
    Document,
    Entry,
    Feed,
    FeedRef,
    Format,
    Kind,
    presented,
)
from feedsvc.podcast import Episode
from feedsvc.render import RENDERERS
from feedsvc.render.extensions import registry


@dataclass(frozen=True, slots=True)
class Fragment:
    """A rendered entry. updated: as in the entry. authored: whether the entry has authors."""

    body: bytes
    updated: datetime
    authored: bool


class Entries:
    """The entries of one site. Thread-safe. cache_size: bytes of rendered entries to cache."""

    cache_size = 20_000_000  # fifty entries with full content take about 250,000

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        for format in Format:
            registry.installed(format)  # a broken extension is reported before the first request
        self._fragments = LRUCache[Hashable, Fragment](self.cache_size, lambda each: len(each.body))
        self._schemes = {
            kind: routes.category_scheme(settings.base_url, kind)
            for kind in (Kind.CATEGORY, Kind.TAG)
        }

    def render(
        self,
        connection: Transaction,
        ref: FeedRef,
        format: Format,
        language: str,
        entries: Sequence[EntryRevision],
    ) -> dict[EntryRevision, Fragment]:
        """Return entries of a feed in one format; only those not cached are read and rendered.

        language: the feed's.
        """
        own = self._settings.feed(ref.key)
        used = features.of_feed(own)
        # Only these features make an entry depend on its feed.
        keys = {
            each: (format, own.content, language, ref if used else None, *each) for each in entries
        }
        cached = {each: self._fragments.get(key) for each, key in keys.items()}
        missing = [number for (number, _), fragment in cached.items() if fragment is None]
        articles = queries.articles(connection, missing)
        rendered = {}
        for each, fragment in cached.items():
            if fragment is None:
                entry = self._in_feed(articles[each[0]], own, language)
                for feature in used:
                    entry = feature.entry(entry, own)
                fragment = Fragment(
                    RENDERERS[format].entry(entry), entry.updated, bool(entry.authors)
                )
                self._fragments.put(keys[each], fragment)
            rendered[each] = fragment
        return rendered

    def _in_feed(self, stored: StoredArticle, own: FeedSettings, language: str) -> Entry:
        """Return an article as an entry of a feed that has these settings and this language."""
        episode = (stored.episode or Episode()) if own.podcast else None
        differs = None if stored.language == language else stored.language
        return self.entry(stored, own.content, episode=episode, language=differs)

    def entry(self, stored: StoredArticle, choice: ContentChoice, **changes: Any) -> Entry:
        """Return an article as a feed entry.

        choice: how much content the feed includes. changes: fields of the entry that differ from
        those of the article.
        """
        chosen = stored.content or choice
        elsewhere = None if self._settings.link_to_page else stored.external
        return Entry(
            id=stored.id,
            link=elsewhere or stored.link,
            page=stored.link if elsewhere else None,
            published=stored.published,
            content=stored.html if chosen is ContentChoice.FULL else None,
            categories=tuple(
                Category(ref.term, self._schemes[ref.kind], label)
                for ref, label in stored.terms
                if ref.kind in self._schemes
            ),
            **presented(stored)
            | ({"summary": ""} if chosen is ContentChoice.NONE else {})
            | changes,
        )


def assemble(
    feed: Feed,
    format: Format,
    fragments: Mapping[EntryRevision, Fragment],
    of: StoredFeed | StoredArchive,
    since: int = 0,
) -> Document:
    """Assemble a document from the entries that changed after a revision, by default all.

    feed: its `updated` is used only if there are no entries, so that output stays reproducible.
    """
    updated = max((each.updated for each in fragments.values()), default=feed.updated)
    # Some readers of JSON Feed add the authors of the feed to those of each item.
    if format is Format.JSON and fragments and all(each.authored for each in fragments.values()):
        feed = replace(feed, authors=())
    bodies = [each.body for (_, revision), each in fragments.items() if revision > since]
    renderer = RENDERERS[format]
    body = renderer.document(replace(feed, updated=updated), bodies)
    return Document(body, renderer.media_type, of.revision, of.changed, of.tag)
