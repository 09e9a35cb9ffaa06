"""Combines the sources of a site, which the settings and installed packages define."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from feedsvc import html, plugins
from feedsvc.config.settings import Settings, SourceSettings
from feedsvc.errors import FeedsvcError, Problem, SettingsError, Severity
from feedsvc.model import MAX_ID, MAX_PATH, MAX_SLUG, MAX_TERM, MAX_URL, Article, excess
from feedsvc.sources.folder import ContentFolder
from feedsvc.sources.protocol import (
    ArticleSource,
    Listing,
    NamingSource,
    Pin,
    PinningSource,
    Reading,
)

GROUP = "feedsvc.sources"  # of entry points
_NAME = re.compile(r"[\w-]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_MARK = "://"  # ends the name of a source in a key; cannot occur in a path of the content folder


@dataclass(frozen=True, slots=True)
class Member:
    """A source of a site. prefix: of its keys in the site; '' for the content folder."""

    prefix: str
    source: ArticleSource

    def listing(self) -> Listing:
        """List the source; each fingerprint includes the source's own. Raises FeedsvcError."""
        try:
            found = self.source.listing()
            digest = hashlib.blake2b(self.source.fingerprint.encode(), digest_size=6).hexdigest()
        except FeedsvcError:
            raise
        except Exception as error:
            raise FeedsvcError(f"unexpected {type(error).__name__}: {error}") from error
        rejected = [key for key in found.fingerprints if not _is_storable(self.prefix + key)]
        problems = [
            Problem(
                self.source.shown(key[:100]),
                0,
                "too-long",
                f"has a key of more than {MAX_PATH:,} bytes, or with characters that no database "
                "can store",
            )
            for key in rejected
        ]
        fingerprints = {
            key: f"{digest} {fingerprint}" if fingerprint else ""
            for key, fingerprint in found.fingerprints.items()
            if key not in rejected
        }
        return replace(found, fingerprints=fingerprints, problems=(*found.problems, *problems))

    def read(self, keys: Sequence[str]) -> Iterator[Reading]:
        """Read some articles of the source by their keys in the site.

        If the source fails, the first article that was not read has a Problem, and the others have
        no Reading.
        """
        if not self.prefix:
            yield from self.source.read(keys)
            return
        left = {key.removeprefix(self.prefix): key for key in keys}
        try:
            for reading in self.source.read(list(left)):
                if key := left.pop(reading.key, None):
                    yield self._checked(reading, key)
        except Exception as error:  # noqa: BLE001 - it must not stop other sources
            for key in list(left.values())[:1]:
                yield Reading(key, None, (self.unreachable(error),))

    def _checked(self, reading: Reading, key: str) -> Reading:
        """Return a Reading under its key in the site, without an article that cannot be stored."""
        article = reading.article and replace(reading.article, path=key)
        if article and (rejected := _rejected(article)):
            problem = Problem(self.source.shown(reading.key), 0, *rejected)
            return Reading(key, None, (*reading.problems, problem))
        return replace(reading, key=key, article=article)

    def unreachable(self, error: Exception) -> Problem:
        """Return the Problem of a source that failed."""
        said = f"{error}" if isinstance(error, FeedsvcError) else f"{type(error).__name__}: {error}"
        message = f"cannot be read: {said}; its articles stay as they are"
        return Problem(self.source.name, 0, "unreachable-source", message)


class SiteListing:
    """The articles that the sources of a site have now, by their keys in the site."""

    def __init__(self, listings: Sequence[tuple[Member, Listing]]) -> None:
        self._listings = {member.prefix: listing for member, listing in listings}
        self.problems = tuple(each for _, found in listings for each in found.problems)
        self.fingerprints: dict[str, str] = {}
        for member, found in listings:
            for key, fingerprint in found.fingerprints.items():
                self.fingerprints[member.prefix + key] = fingerprint

    def holds(self, key: str) -> bool:
        """Return whether an article exists or may exist; see `Listing.holds`."""
        prefix = _prefix(key)
        found = self._listings.get(prefix)
        return found is not None and found.holds(key.removeprefix(prefix))


class Sources:
    """The sources of one site. The content folder is the first; its keys have no prefix."""

    def __init__(self, content: ArticleSource, *others: ArticleSource) -> None:
        members = [Member("", content), *(Member(f"{each.name}{_MARK}", each) for each in others)]
        self._members = {member.prefix: member for member in members}

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

    def listing(self) -> SiteListing:
        """List all articles. Those of a source that fails may all exist.

        Raises FeedsvcError if all sources fail.
        """
        listings: list[tuple[Member, Listing]] = []
        failures: list[FeedsvcError] = []
        for member in self._members.values():
            try:
                listings.append((member, member.listing()))
            except FeedsvcError as error:
                failures.append(error)
                listings.append((member, Listing({}, (member.unreachable(error),), ("",))))
        if len(failures) == len(listings):
            raise failures[0]
        return SiteListing(listings)

    def split(self, keys: Iterable[str]) -> list[tuple[Member, list[str]]]:
        """Group keys by source."""
        split = defaultdict(list)
        for key in keys:
            split[_prefix(key)].append(key)
        return [(self._members[prefix], some) for prefix, some in split.items()]

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        """Read some articles of the latest listing, in this process."""
        for member, some in self.split(keys):
            yield from member.read(some)

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

    def shown(self, key: str) -> str:
        """Return a key as shown in Problems, even if its source no longer exists."""
        prefix = _prefix(key)
        member = self._members.get(prefix)
        return member.source.shown(key.removeprefix(prefix)) if member else key

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
            return Problem(self.shown(key), 0, "not-pinned", message, Severity.WARNING)

        return pin


def _create(settings: Settings, wanted: SourceSettings) -> ArticleSource:
    """Create a source; `type` and `name` are removed from its options."""
    kind, table = wanted.type, wanted.table
    known = {each.name: each for each in plugins.installed(GROUP)}
    if kind not in known:
        types = ", ".join(sorted(known)) or "none, as no package with one is installed"
        table.fail("type", f"{kind!r} is not a known type of source; known are: {types}")
    options = dict(table.values)
    name = options.pop("name", kind)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        table.fail(
            "name", f"{name!r} is not the name of a source; use letters, digits, `-` and `_`"
        )
    try:
        source: ArticleSource = known[kind].load()(name, options, settings)
    except SettingsError as error:
        table.fail("type", f"the source {name!r}: {error}")
    except Exception as error:  # noqa: BLE001 - importing runs another package's code
        said = f"{plugins.described(known[kind])} failed with {type(error).__name__}: {error}"
        table.fail("type", f"the source {name!r}: {said}")
    return source


_LIMITS = {"slug": MAX_SLUG, "id": MAX_ID, "native_id": MAX_ID, "path": MAX_PATH, "link": MAX_URL}


def _rejected(article: Article) -> tuple[str, str] | None:
    """Return code and message of what no database or feed accepts of an article, or None."""
    values = {each.name: getattr(article, each.name) for each in fields(article)}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    for name, text in texts.items():
        if name != "path" and html.xml_safe(text) != text:
            return "bad-value", f"its {name} has characters that XML cannot carry; remove them"
    sizes = [(f"its {name}", texts.get(name, ""), most) for name, most in _LIMITS.items()]
    sizes += [(f"the term {ref.term[:30]!r}", ref.term, MAX_TERM) for ref, _ in article.terms]
    sizes += [(f"the path {path[:30]!r}", path, MAX_PATH) for path in article.files]
    found = ((what, excess(text, most)) for what, text, most in sizes)
    return next((("too-long", f"{what} {over}; shorten it") for what, over in found if over), None)


def _is_storable(key: str) -> bool:
    """Return whether PostgreSQL can store a key, which never reaches a feed."""
    return not excess(key, MAX_PATH) and "\0" not in key and not _SURROGATE.search(key)


def _prefix(key: str) -> str:
    name, mark, _ = key.partition(_MARK)
    return name + mark if mark else ""
