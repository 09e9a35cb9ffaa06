"""The local files that a site publishes, and those that are made of them."""

from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from feedsvc import urls
from feedsvc.catalog import browsing, listings
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.model import Entry
from feedsvc.publication import chapters
from feedsvc.sources.media import derived, transcripts
from feedsvc.sources.media.facts import MediaError
from feedsvc.sources.site import Sources

_SHOWN = 1_000_000  # bytes of a transcript on a page


class Files:
    """The files of one site. Thread-safe."""

    def __init__(self, settings: Settings, catalog: Catalog, sources: Sources) -> None:
        self._settings = settings
        self._catalog = catalog
        self._sources = sources

    def urls(self) -> list[str]:
        """Return the URLs of all local files that may be served, sorted."""
        with self._catalog.reading() as connection:
            shown = listings.shown_files(connection)
        of_articles = {self._url(path) for path in shown}
        ours = self._url("")
        return sorted(of_articles | {url for url in self._settings.images if url.startswith(ours)})

    def find(self, path: str) -> Path | None:
        """Return a local file that a visible article or feed uses, by its path in Article.files."""
        if self._url(path) not in self._settings.images:
            with self._catalog.reading() as connection:
                if not browsing.is_shown(connection, path):
                    return None
        return self._sources.file(path)

    def transcript(self, entry: Entry) -> tuple[str, str] | None:
        """Return the media type and the text of a local transcript of an entry, to show it."""
        for each in entry.episode.transcripts if entry.episode else ():
            path = self._local(each.url)
            file = self.find(path) if path else None
            with suppress(OSError, MediaError):
                if file and file.stat().st_size <= _SHOWN:
                    return each.type, transcripts.decode(file.read_bytes())
        return None

    def _local(self, url: str) -> str | None:
        """Return the path of a local file from its URL; None if it is at another site."""
        for start in (self._settings.media_url, self._url("").rstrip("/")):
            if start and url.startswith(f"{start}/"):
                return unquote(url[len(start) + 1 :])
        return None

    def derived(self, path: str) -> tuple[bytes, str] | None:
        """Return a file that is made for a visible article, and its type; None if there is none.

        path: see `sources.media.derived`.
        """
        with self._catalog.reading() as connection:
            article = browsing.article_with(connection, path)
        if article is None:
            return None
        if path.endswith(derived.CHAPTERS) and article.episode:
            body = chapters.document(article.title, article.episode.chapters)
            return body, chapters.MEDIA_TYPE
        original = derived.original(path)
        file = self._sources.file(original) if original else None
        return derived.derive(path, file) if file else None

    def _url(self, path: str) -> str:
        return urls.absolute(self._settings.base_url, urls.file_path(path))
