"""A source whose articles are the items of feeds."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Annotated, Any

import msgspec

import feedsvc
from feedsvc.config.settings import Settings
from feedsvc.config.tables import Places, Table
from feedsvc.errors import Problem, SettingsError
from feedsvc.importers import feeds, jsonfeed, sources
from feedsvc.importers.item import Hints, ParseResults
from feedsvc.importers.source import article
from feedsvc.importers.source.collect import Collected, collect
from feedsvc.importers.source.documents import Files, Remote
from feedsvc.importers.sources import SourceFormat
from feedsvc.importers.stream import Stream
from feedsvc.sources.protocol import ArticleSource, Listing, Reading

_READ_BY = ("base_url", "article_link", "language", "author")
_UNWATCHED = 10.0  # seconds between checks of files whose folder is not watched


class _Options(msgspec.Struct, frozen=True):
    path: str | tuple[str, ...] = ()
    url: str = ""
    every: Annotated[int, msgspec.Meta(ge=10, le=86_400)] = 300
    private: bool = False


class FeedSource(ArticleSource):
    """The items of JSON, Atom or RSS feeds, in files of the site or at a URL."""

    def __init__(self, name: str, options: Mapping[str, Any], settings: Settings) -> None:
        """Create the source. Raises SettingsError for invalid options."""
        self.name = name
        self._settings = settings
        self._documents: Files | Remote
        given = _options(options)
        if given.url:
            self._documents = Remote(given.url, given.every, private=given.private)
            self.interval = min(given.every, self.interval)
        else:
            patterns = (given.path,) if isinstance(given.path, str) else given.path
            self._documents = files = Files(settings.site, patterns)
            # A sync writes into the site's folder, which would be a change.
            self.watched = tuple(
                folder for folder in files.folders() if not settings.site.is_relative_to(folder)
            )
            self.interval = self.interval if self.watched else _UNWATCHED
        self._state: object = None
        self._collected = Collected({}, (), is_complete=False)

    @property
    def fingerprint(self) -> str:
        """The version of feedsvc, and the settings that articles depend on."""
        return repr((feedsvc.__version__, [getattr(self._settings, name) for name in _READ_BY]))

    def listing(self) -> Listing:
        """List the items of all documents; if one is unreadable, missing items may still exist."""
        state = self._documents.state()
        if state is None or state != self._state:
            self._collected = collect(self._parse())
            self._state = state
        found = self._collected
        return Listing(
            {key: each.fingerprint for key, each in found.found.items()},
            found.problems,
            () if found.is_complete else ("",),
        )

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        """Read some of the items."""
        for key in keys:
            yield article.read(key, self._collected.found[key], self._settings)

    def _parse(self) -> ParseResults:
        settings = self._settings
        hints = Hints(settings.zone, dict(settings.zones), datetime.now(UTC))
        for name, content in self._documents.read():
            if isinstance(content, Problem):
                yield content
            else:
                yield from parse(name, content, hints)


def parse(name: str, content: bytes, hints: Hints) -> ParseResults:
    """Yield the items of a document in any feed format; a Problem if it is not a feed."""
    beginning = sources.beginning(content)
    if beginning.startswith(b"{"):
        yield from jsonfeed.read(name, content, hints)
    elif sources.format_of(beginning) is SourceFormat.FEED:
        yield from feeds.read(name, Stream(name, BytesIO(content), lambda _: None), hints)
    else:
        message = "is not a feed; its articles stay as they are: check the address or the build"
        yield Problem(name, 0, "unknown-source", message)


def _options(options: Mapping[str, Any]) -> _Options:
    """Check the keys of the source's table. Raises SettingsError."""
    try:
        given = Table(options, places=Places()).to(_Options)
    except SettingsError as error:
        raise SettingsError(str(error).removeprefix(": ")) from None
    if bool(given.path) == bool(given.url):
        raise SettingsError('name either its files, path = "...", or its url = "https://..."')
    return given
