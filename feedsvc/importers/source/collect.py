"""Collects the items of all documents of a feed source under unique keys, ids and slugs. Pure."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from feedsvc import html, urls
from feedsvc.errors import Problem, Severity
from feedsvc.importers import names
from feedsvc.importers.item import Item, Origin, ParseResult, Refused
from feedsvc.model import MAX_SLUG, excess

_MAX_KEY = 800  # bytes; the name of the source precedes it
_NOWHERE = Origin("", 0, 0)
_SUFFIX = 9  # bytes of `-` and a digest


@dataclass(frozen=True, slots=True)
class Found:
    """The item with a key, and its problems.

    id: valid and unique. item: None if it cannot be published. problems: those found so far.
    """

    id: str
    item: Item | None
    problems: tuple[Problem, ...]
    slug: str = ""

    @property
    def fingerprint(self) -> str:
        """A digest of everything except the position of the item in its document."""
        item = self.item and replace(self.item, origin=_NOWHERE)
        return _digest(repr((item, self.slug, self.problems)))


@dataclass(frozen=True, slots=True)
class Collected:
    """The items by key. problems: of whole documents. is_complete: all documents were read."""

    found: Mapping[str, Found]
    problems: tuple[Problem, ...]
    is_complete: bool


def collect(results: Iterable[ParseResult]) -> Collected:
    """Collect the items of all documents.

    Of articles with the same id, the one published first keeps it. Another gets an id derived from
    its link, with a warning that names both. Of several copies of an article, the one updated last
    is used.
    """
    items: list[Item] = []
    refused: list[Refused] = []
    problems: list[Problem] = []
    for result in results:
        if isinstance(result, Item):
            items.append(result)
        elif isinstance(result, Refused):
            refused.append(result)
        elif isinstance(result, Problem):
            problems.append(result)
    is_complete = all(problem.severity is not Severity.ERROR for problem in problems)
    found = {_key(each.id): each for each in _with_slugs(_with_ids(items))}
    for each in refused:
        identity, _ = names.identity(each)
        # An item with the same id may be fine.
        if found.setdefault(_key(identity), Found(identity, None, (each.problem,))).item:
            problems.append(each.problem)
    return Collected(found, tuple(problems), is_complete)


def _with_ids(items: list[Item]) -> Iterator[Found]:
    """Give each article a unique id."""
    kept: dict[str, Item] = {}
    problems: dict[str, tuple[Problem, ...]] = {}
    for item in sorted(items, key=_age):
        identity, warnings = names.unique_identity(item, kept)
        other = kept.get(identity)
        if other and item.origin.source == other.origin.source and item.body != other.body:
            warnings = (*warnings, _copy_warning(item, other))
        kept[identity] = max(other, item, key=_newness) if other else item
        problems[identity] = (*problems.get(identity, ()), *item.warnings, *warnings)
    for identity, item in kept.items():
        # The text of an article does not change with the position of its item.
        origin = replace(item.origin, line=0, label=f"item {identity[:200]}")
        yield Found(identity, replace(item, origin=origin, warnings=()), problems[identity])


def _newness(item: Item) -> tuple[float, int, str]:
    """Return the sort key that selects one of several copies, regardless of their order."""
    moment = item.updated or item.published
    return moment.timestamp() if moment else 0, len(item.body), item.body


def _copy_warning(item: Item, other: Item) -> Problem:
    message = (
        f"is the article of {other.origin.place} with another text; the one that was updated last "
        "is published: leave the other out"
    )
    return item.origin.warning("duplicate-item", message)


def _with_slugs(found: Iterable[Found]) -> Iterator[Found]:
    taken: set[str] = set()
    for each in found:
        if each.item:
            slug = slug_of(each.item.link, each.id)
            if slug in taken:
                slug = f"{slug}-{_digest(each.id)[:8]}"
            taken.add(slug)
            each = replace(each, slug=slug)
        yield each


def slug_of(link: str, identity: str) -> str:
    """Return the path and query of a link as one word; a digest of the id if that is unusable."""
    try:
        parts = urlsplit(link)
    except ValueError:
        parts = urlsplit("")
    query = f"-{parts.query}" if parts.query else ""
    slug = urls.path_slug(html.xml_safe(unquote(parts.path.strip("/") + query)).strip("-"))
    if not urls.is_addressable(slug) or excess(slug, MAX_SLUG - _SUFFIX):
        return _digest(identity)[:16]
    return slug


def _key(identity: str) -> str:
    if excess(identity, _MAX_KEY):
        return uuid.uuid5(uuid.NAMESPACE_URL, identity).urn
    return identity


def _age(item: Item) -> tuple[float, str, str]:
    published = item.published.timestamp() if item.published else float("inf")
    return published, item.link, item.title


def _digest(text: str) -> str:
    data = text.encode(errors="surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()
