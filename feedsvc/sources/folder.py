"""The content folder as a source: its articles are files, and its keys are their paths."""

import math
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib.metadata import version
from pathlib import Path

import feedsvc
from feedsvc import features, plugins
from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, Problem
from feedsvc.sources.article import ArticleReader
from feedsvc.sources.pinning import Pinner
from feedsvc.sources.protocol import ArticleSource, Listing, Pin, Reading
from feedsvc.sources.scan import Scanner, shown_path
from feedsvc.sources.states import States
from feedsvc.sources.trees import doubts

_INPUTS = (
    *("base_url", "media_url", "article_link", "language", "timezone", "timezones", "author"),
    *("sections", "tree"),
)
_MANY = 1000  # changed paths
_version = cache(version)  # takes a millisecond


class ContentFolder(ArticleSource):
    """The source of the files below the content folder of one site."""

    name = "content"
    parallel = True
    every = math.inf

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._scanner = Scanner(
            settings.content, settings.site, settings.tree, settings.include, settings.exclude
        )
        self._states = States(str(settings.content))
        self._related = tuple(end for each in features.installed() for end in each.related)
        self._doubts: list[Problem] = []
        self.watched = (settings.content,) if settings.reads_content else ()

    def __reduce__(self) -> tuple[type["ContentFolder"], tuple[Settings]]:
        """Pickle only the settings, not the state of earlier listings."""
        return ContentFolder, (self._settings,)

    @property
    def fingerprint(self) -> str:
        """What reading depends on: feedsvc, the Markdown library, features, and some settings."""
        versions = feedsvc.__version__, _version("comrak"), *plugins.foreign(plugins.FEATURES)
        used = [each.table for each in features.used(self._settings)]
        return repr((*versions, [getattr(self._settings, name) for name in _INPUTS], used))

    def listing(self) -> Listing:
        """List the article files; see `Scanner`. Without a content folder, the list is empty."""
        self._states = States(str(self._settings.content))
        if not self._settings.reads_content:
            return Listing({})
        self._doubts = doubts(self._settings)
        return self._with_doubts(self._scanner.listing())

    def changes(self, paths: Collection[str]) -> Listing | None:
        """List the article files that changed; None if all must be listed.

        They must be if many paths changed, as the kernel drops events when its queue overflows, or
        if a file changed on which articles may depend.
        """
        if len(paths) > _MANY or any(path.lower().endswith(self._related) for path in paths):
            return None
        self._states = States(str(self._settings.content))
        found = self._scanner.changes(paths)
        return found and self._with_doubts(found)

    def _with_doubts(self, found: Listing) -> Listing:
        return replace(found, problems=(*found.problems, *self._doubts))

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        """Read some of the files."""
        return map(ArticleReader(self._settings).read, keys)

    def names(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the slug and the pinned id of each file, reading only its front matter."""
        return map(ArticleReader(self._settings).names, keys)

    def text_hashes(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the hash of the text of each file that can be read."""
        reader = ArticleReader(self._settings)
        for key in keys:
            with suppress(ArticleError):
                yield key, reader.text_hash(key)

    def state(self, path: str) -> str:
        """Return the state of a file in the folder; see `States`."""
        return self._states(path)

    def display_name(self, key: str) -> str:
        """Return the path of a file relative to the site."""
        return shown_path(self._settings.content, self._settings.site, key)

    def file(self, path: str) -> Path | None:
        """Return a file in the folder; None if there is none, or if symlinks lead out of it."""
        if not self._settings.reads_content:
            return None
        root = self._settings.content
        found = (root / path).resolve()
        return found if found.is_relative_to(root) and found.is_file() else None

    def pinner(self, keys: Iterable[str]) -> Pin:
        """Return a function that writes ids into the files."""
        return Pinner(self._settings, keys).pin
