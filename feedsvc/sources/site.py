"""Combines the sources of a site, which the settings and installed packages define."""

import math
import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path

from feedsvc import plugins
from feedsvc.config.settings import Settings, SourceSettings
from feedsvc.errors import FeedsvcError, Problem, Severity
from feedsvc.model import Article
from feedsvc.sources.folder import ContentFolder
from feedsvc.sources.member import Member
from feedsvc.sources.protocol import (
    ArticleSource,
    ChangingSource,
    CopiedSource,
    Listing,
    NamingSource,
    Pin,
    PinningSource,
)

GROUP = "feedsvc.sources"  # of entry points
_NAME = re.compile(r"[\w-]+")
_check_source = attrgetter("name", "listing", "read")  # raises AttributeError
_REST = 60  # a source is listed in full again after this multiple of the time that it took
_MARK = "://"  # ends the name of a source in a key; cannot occur in a path of the content folder


class SiteListing:
    """The articles that the sources of a site have now, by their keys in the site.

    partial: whether all listings are partial; see `Listing`. absent: the keys, and prefixes of
    keys, that are gone.
    """

    def __init__(self, listings: Sequence[tuple[Member, Listing]]) -> None:
        self._listings = {member.prefix: listing for member, listing in listings}
        self.problems = tuple(each for _, found in listings for each in found.problems)
        self.partial = all(found.partial for _, found in listings)
        self.absent = tuple(
            member.prefix + each for member, found in listings for each in found.absent
        )
        self.fingerprints = listings[0][1].fingerprints  # of the content folder, without a prefix
        if len(listings) > 1:
            self.fingerprints = {
                member.prefix + key: fingerprint
                for member, found in listings
                for key, fingerprint in found.fingerprints.items()
            }

    def lists(self, key: str) -> bool:
        """Return whether an article of an earlier listing still exists; see `Listing.lists`."""
        prefix = _prefix(key)
        found = self._listings.get(prefix)
        return found is not None and found.lists(key.removeprefix(prefix))

    def holds(self, key: str) -> bool:
        """Return whether an article exists or may exist; see `Listing.holds`."""
        prefix = _prefix(key)
        found = self._listings.get(prefix)
        return found is not None and found.holds(key.removeprefix(prefix))


@dataclass(slots=True)
class _Latest:
    """The state of a source after its latest listing.

    rest: that listing, without fingerprints and absent keys; None if everything must be listed
    next. digest: the member's digest at that time. whole, look: the times, by the monotonic clock,
    at which everything must be listed again, and at which the source must be asked for changes.
    """

    rest: Listing | None = None
    digest: str = ""
    whole: float = 0.0
    look: float = 0.0


class Sources:
    """The sources of one site. The content folder is the first; its keys have no prefix."""

    def __init__(self, content: ArticleSource, *others: ArticleSource) -> None:
        members = [Member("", content), *(Member(f"{each.name}{_MARK}", each) for each in others)]
        self._members = {member.prefix: member for member in members}
        self._latest = {member.prefix: _Latest() for member in members}

    @classmethod
    def of(cls, settings: Settings) -> "Sources":
        """Create the sources of a site: its content folder, and those in `[[sources]]`.

        Raises SettingsError.
        """
        others: dict[str, ArticleSource] = {}
        for each in settings.sources:
            source = _create(settings, each)
            if source.name in others:
                message = f"two sources are named {source.name!r}; rename one"
                each.table.fail("name", message)
            others[source.name] = source
        return cls(ContentFolder(settings), *others.values())

    @property
    def all(self) -> list[ArticleSource]:
        """The sources, the content folder first."""
        return [member.source for member in self._members.values()]

    @property
    def due(self) -> float:
        """The time, by the monotonic clock, at which `changes` must be called at the latest."""
        return min(min(latest.whole, latest.look) for latest in self._latest.values())

    def listing(self) -> SiteListing:
        """List all articles. If a source fails, all of its articles count as possibly existing.

        Raises FeedsvcError if all sources fail.
        """
        return self._site_listing(self._list)

    def changes(self, paths: Collection[str]) -> SiteListing:
        """List what changed since the latest listing of this object.

        paths: the absolute paths at which something changed in a watched folder. A source that
        cannot tell what changed, that failed, or that is due, is listed in full. Raises
        FeedsvcError as `listing` does.
        """
        watched = [str(folder) for source in self.all for folder in source.watched]
        if any(not _is_within(path, watched) for path in paths):
            return self.listing()  # a folder is known by several names
        return self._site_listing(lambda member: self._list_changes(member, paths))

    def forget(self) -> None:
        """Make the next `changes` list everything."""
        for latest in self._latest.values():
            latest.rest = None

    def _site_listing(self, listed: Callable[[Member], Listing]) -> SiteListing:
        listings: list[tuple[Member, Listing]] = []
        failures: list[FeedsvcError] = []
        for member in self._members.values():
            try:
                listings.append((member, listed(member)))
            except FeedsvcError as error:
                failures.append(error)
                self._latest[member.prefix].rest = None
                unknown = Listing({}, (member.unreachable(error),), ("",), partial=True)
                listings.append((member, unknown))
        if len(failures) == len(listings):
            raise failures[0]
        return SiteListing(listings)

    def _list(self, member: Member) -> Listing:
        """List a source in full."""
        latest, start = self._latest[member.prefix], time.monotonic()
        latest.whole = start + member.source.interval
        latest.look = _next_look(member, start)
        found = member.listing()
        latest.digest = member.digest
        latest.rest = replace(found, fingerprints={}, absent=(), partial=True)
        end = time.monotonic()
        latest.whole = max(latest.whole, end + _REST * (end - start))
        return found

    def _list_changes(self, member: Member, paths: Collection[str]) -> Listing:
        """List what changed in a source, or all of it."""
        latest, now = self._latest[member.prefix], time.monotonic()
        own = [path for path in paths if _is_within(path, map(str, member.source.watched))]
        if latest.rest is None or now >= latest.whole or member.digest != latest.digest:
            return self._list(member)
        if not own and now < latest.look:
            return latest.rest
        latest.look = _next_look(member, now)
        found = member.changes(own)
        if found is None or not found.partial:
            return self._list(member)
        latest.rest = replace(found, fingerprints={}, absent=())
        return found

    def split(self, keys: Iterable[str]) -> list[tuple[Member, list[str]]]:
        """Group keys by source."""
        split = defaultdict(list)
        for key in keys:
            split[_prefix(key)].append(key)
        return [(self._members[prefix], some) for prefix, some in split.items()]

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield the slug and the pinned id ('' for none) of every article.

        Raises FeedsvcError if a source cannot be listed.
        """
        for member in self._members.values():
            keys = member.listing().fingerprints
            if isinstance(member.source, NamingSource):
                yield from member.source.names(keys)
                continue
            for reading in member.source.read(keys):
                if reading.article:
                    yield reading.article.slug, reading.article.id or ""

    def text_hashes(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the `text_hash` of each article that can be copied, without reading it."""
        for member, some in self.split(keys):
            if isinstance(member.source, CopiedSource):
                own = [key.removeprefix(member.prefix) for key in some]
                for key, text_hash in member.source.text_hashes(own):
                    yield member.prefix + key, text_hash

    def display_name(self, key: str) -> str:
        """Return a key as shown in Problems, even if its source no longer exists."""
        prefix = _prefix(key)
        member = self._members.get(prefix)
        return member.source.display_name(key.removeprefix(prefix)) if member else key

    def state(self, key: str, path: str) -> str:
        """Return the state of a file that an article uses. key: of the article."""
        member = self._members.get(_prefix(key))
        return member.source.state(path) if member else ""

    def file(self, path: str) -> Path | None:
        """Return the local file at a path from the first source that has it."""
        return next((found for each in self.all if (found := each.file(path))), None)

    def pinner(self, keys: Iterable[str]) -> Pin:
        """Return a function that pins the id of one article; see `Pinner.pin`.

        keys: of all articles of the site.
        """
        pins: dict[str, Pin] = {}
        for member, some in self.split(key for key in keys if _prefix(key) in self._members):
            if isinstance(member.source, PinningSource):
                own = [key.removeprefix(member.prefix) for key in some]
                pins[member.prefix] = member.source.pinner(own)

        def pin(key: str, entry_id: str, is_known: Callable[[Article], bool]) -> Problem | None:
            prefix = _prefix(key)
            if prefix in pins:
                return pins[prefix](key.removeprefix(prefix), entry_id, is_known)
            message = f"comes from a source that cannot store ids; its id is {entry_id}"
            return Problem(self.display_name(key), 0, "not-pinned", message, Severity.WARNING)

        return pin


def _create(settings: Settings, wanted: SourceSettings) -> ArticleSource:
    """Create a source; `type` and `name` are removed from its options."""
    kind, table = wanted.type, wanted.table
    plugin = plugins.find(GROUP, kind)
    if plugin is None:
        types = ", ".join(plugins.names(GROUP)) or "none, as no package with one is installed"
        table.fail("type", f"{kind!r} is not a known type of source; known are: {types}")
    options = dict(table.values)
    name = options.pop("name", kind)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        table.fail(
            "name", f"{name!r} is not the name of a source; use letters, digits, `-` and `_`"
        )
    try:
        with plugins.naming(plugin):
            source: ArticleSource = plugin.load()(name, options, settings)
            _check_source(source)
    except FeedsvcError as error:
        table.fail("type", f"the source {name!r}: {error}")
    return source


def _next_look(member: Member, now: float) -> float:
    return now + member.source.every if isinstance(member.source, ChangingSource) else math.inf


def _is_within(path: str, folders: Iterable[str]) -> bool:
    """Return whether an absolute path is one of the folders, or in one."""
    return any(
        path == folder or path.startswith(folder.rstrip(os.sep) + os.sep) for folder in folders
    )


def _prefix(key: str) -> str:
    name, mark, _ = key.partition(_MARK)
    return name + mark if mark else ""
