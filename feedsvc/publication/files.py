"""The local files that a site publishes, and the files derived from them."""

from pathlib import Path
from urllib.parse import unquote

from feedsvc import features, urls
from feedsvc.catalog import browsing, listings
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.sources.site import Sources


class Files:
    """The files of one site. Thread-safe."""

    def __init__(self, settings: Settings, catalog: Catalog, sources: Sources) -> None:
        self._settings = settings
        self._catalog = catalog
        self._sources = sources

    def urls(self) -> list[str]:
        """Return the URLs of all local files that may be served, sorted."""
        with self._catalog.reading() as connection:
            public = listings.public_files(connection)
        of_articles = {self._url(path) for path in public}
        ours = self._url("")
        return sorted(of_articles | {url for url in self._settings.images if url.startswith(ours)})

    def find(self, path: str) -> Path | None:
        """Return a local file that a visible article or feed uses, by its path in Article.files."""
        if self._url(path) not in self._settings.images:
            with self._catalog.reading() as connection:
                if not browsing.is_shown(connection, path):
                    return None
        return self._sources.file(path)

    def at(self, url: str) -> Path | None:
        """Return a local file that may be served, by its URL; None if it is at another site."""
        for start in (self._settings.media_url, self._url("").rstrip("/")):
            if start and url.startswith(f"{start}/"):
                return self.find(unquote(url[len(start) + 1 :]))
        return None

    def derived(self, path: str) -> tuple[bytes, str] | None:
        """Return a file made for a visible article, and its media type; None if there is none.

        path: see `Feature.make`.
        """
        with self._catalog.reading() as connection:
            article = browsing.article_with(connection, path)
        if article is None:
            return None
        made = (each.make(path, article, self._sources.file) for each in features.installed())
        return next(filter(None, made), None)

    def _url(self, path: str) -> str:
        return urls.absolute(self._settings.base_url, urls.file_path(path))
