"""Finds the feeds that old addresses stand for, such as `/tags/*/index.xml` of Hugo.

An old address counts only where the site has nothing else. Programs spell terms differently in
URLs, so a term matches the feed with that term, or else the only one that differs in punctuation.
"""

from collections.abc import Iterator
from urllib.parse import quote

from feedsvc import urls
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.routes import Routes


class OldFeeds:
    """The old addresses of one site."""

    def __init__(self, publication: Publication, table: Routes) -> None:
        self._publication = publication
        self._table = table

    def target(self, path: str) -> tuple[FeedRef, Format] | None:
        """Return the feed at an old address, a decoded path below base_url; else None."""
        for ref, format in self._table.old_feeds(path):
            if (found := self._existing(ref)) and not self._is_used(path):
                return found, format
        return None

    def paths(self) -> Iterator[str]:
        """Yield the old addresses that lead to feeds, percent-encoded, for a static build."""
        terms: dict[str, list[str]] = {}
        for feed in self._publication.feeds():
            names = (feed.ref.term, urls.slug(feed.ref.term))
            terms.setdefault(feed.ref.kind, []).extend(dict.fromkeys(names))
        for pattern in self._publication.settings.old_addresses:
            for term in terms.get(pattern.ref.kind, []) if pattern.has_wildcard else [""]:
                path = pattern.at(term)
                if self.target(path):
                    yield quote(path)

    def _existing(self, ref: FeedRef) -> FeedRef | None:
        """Return the feed of a term as another program spells it, after applying `moved`."""
        settings = self._publication.settings
        ref = FeedRef.of(settings.moved.get(ref.key, ref.key))
        if ref.key in settings.retired:
            return None
        if self._publication.feed(ref):
            return ref
        alike = [
            feed.ref
            for feed in self._publication.feeds()
            if feed.ref.kind is ref.kind and urls.slug(feed.ref.term) == urls.slug(ref.term)
        ]
        return alike[0] if len(alike) == 1 else None

    def _is_used(self, path: str) -> bool:
        endpoint, values = self._table.match(path) or ("", {})
        if endpoint == "article":
            slug = values["slug"]
            return bool(self._publication.article(slug)) or self._publication.withdrawn(slug)
        if "ref" in values:
            return self._publication.feed(values["ref"]) is not None
        return bool(endpoint)
