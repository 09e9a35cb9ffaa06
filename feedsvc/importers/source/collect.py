"""Collects the items of all documents of a feed source under unique keys, ids and slugs. Pure."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from feedsvc import html, urls
from feedsvc.errors import Problem, Severity
from feedsvc.importers import names
from feedsvc.importers.item import Item, ParseResult, Refused
from feedsvc.model import MAX_SLUG, excess

_MAX_KEY = 800  # bytes; the name of the source precedes it
_SUFFIX = 9  # bytes of `-` and a digest


@dataclass(frozen=True, slots=True)
class Found:
    """What was found under a key.

    id: a usable one. item: None if it cannot be published. problems: known without reading its text
    any further.
    """

    id: str
    item: Item | None
    problems: tuple[Problem, ...]
    slug: str = ""

    @property
    def fingerprint(self) -> str:
        """A text that changes with everything but the position of the item in its document."""
        return _digest(repr((_bare(self.item) if self.item else None, self.slug, self.problems)))


@dataclass(frozen=True, slots=True)
class Collected:
    """The items by key. problems: of whole documents. is_complete: all documents were read."""

    found: Mapping[str, Found]
    problems: tuple[Problem, ...]
    is_complete: bool


def collect(results: Iterable[ParseResult]) -> Collected:
    """Collect the items of all documents.

    Of items with the same id, the one published first keeps it. Another gets an id that is made of
    its link and title, with a warning that names both.
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
    """Give each item an id of its own, and drop copies."""
    kept: dict[str, Item] = {}
    for item in sorted(items, key=_age):
        identity, is_usable = names.identity(item)
        problems = item.warnings
        other = kept.get(identity)
        if not is_usable:
            problems += (names.id_warning(item, identity),)
        elif other and _bare(other) != _bare(item):
            identity, problem = names.second_identity(item, identity, other)
            problems += (problem,)
            other = kept.get(identity)
        if other and _bare(other) != _bare(item):
            yield _clash(item, other)
        elif not other:
            kept[identity] = item
            # The text of an article does not change with the position of its item.
            origin = replace(item.origin, line=0, label=f"item {identity[:200]}")
            yield Found(identity, replace(item, origin=origin, warnings=()), problems)


def _clash(item: Item, other: Item) -> Found:
    """Return the refusal of an item that differs from another in nothing but its text."""
    message = (
        f"has the id, the link and the title of {other.origin.place}, so one of them cannot be "
        "published; give each its own id"
    )
    seed = "\n".join([item.seed, item.link, item.title, item.body])
    identity = uuid.uuid5(uuid.NAMESPACE_URL, html.xml_safe(seed)).urn
    return Found(identity, None, (item.origin.problem("duplicate-item", message),))


def _with_slugs(found: Iterable[Found]) -> Iterator[Found]:
    taken: set[str] = set()
    for each in found:
        if each.item:
            slug = _slug(each.item.link, each.id)
            if slug in taken:
                slug = f"{slug}-{_digest(each.id)[:8]}"
            taken.add(slug)
            each = replace(each, slug=slug)
        yield each


def _slug(link: str, identity: str) -> str:
    """Return the path and query of a link as one word; the last part of the id without a link."""
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


def _bare(item: Item) -> Item:
    """Return an item without its position."""
    return replace(item, origin=names.NOWHERE, warnings=())


def _digest(text: str) -> str:
    data = text.encode(errors="surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()
