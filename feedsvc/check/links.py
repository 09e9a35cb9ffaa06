"""Tells whether the site has something to show at one of its own URLs; asks the publication."""

from urllib.parse import unquote, urlsplit

from feedsvc import urls
from feedsvc.model import FeedRef, Kind
from feedsvc.publication import Publication


class Targets:
    """The URLs of one site; remembers its answers."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._base = urlsplit(publication.settings.base_url)
        self._known: dict[str, str | None] = {}

    def broken(self, url: str) -> str | None:
        """Return why nothing is to be found at a URL; None where something is, or elsewhere."""
        if url not in self._known:
            self._known[url] = self._look(url)
        return self._known[url]

    def _look(self, url: str) -> str | None:
        try:
            parts = urlsplit(url)
        except ValueError:
            return "which is no URL"
        if (parts.scheme.lower(), parts.netloc.lower()) != (
            self._base.scheme.lower(),
            self._base.netloc.lower(),
        ):
            return None
        if not f"{parts.path}/".startswith(f"{self._base.path.rstrip('/')}/"):
            return None
        path = unquote(parts.path[len(self._base.path.rstrip("/")) :]) or urls.INDEX
        return None if self._is_there(path) else self._why(path)

    def _is_there(self, path: str) -> bool:
        if path in {urls.INDEX, urls.OPML, *map(urls.kind_path, Kind)}:
            return True
        if (file := urls.parse_file_path(path)) is not None:
            return self._publication.file(file) is not None
        if archive := urls.parse_archive_path(path):
            return self._publication.archive(*archive) is not None
        if feed := urls.parse_feed_path(path):
            return self._has_feed(feed[0])
        if page := urls.parse_page_path(path):
            return self._has_feed(page)
        slug = urls.parse_article_path(self._publication.settings.article_link, path)
        return slug is not None and self._publication.article(slug) is not None

    def _has_feed(self, ref: FeedRef) -> bool:
        return self._publication.feed(ref) is not None

    def _why(self, path: str) -> str:
        slug = urls.parse_article_path(self._publication.settings.article_link, path)
        return "which no public article has" if slug else "which this site has not"
