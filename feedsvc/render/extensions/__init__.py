"""Interface for namespaces, which add elements to feeds and entries.

A `Namespace` consists of an XML namespace and two feedgen extensions, one for the head of a feed
and one for an entry. Packages declare namespaces as entry points of the group `feedsvc.namespaces`;
the built-in ones are the modules of this package.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from feedgen.ext.base import BaseEntryExtension, BaseExtension
from lxml.etree import _Element

from feedsvc.model import Entry, Feed, Format

XML_FORMATS = frozenset({Format.RSS, Format.ATOM})

# Valid as an XML prefix and, after an underscore, as the key of a JSON Feed extension.
_PREFIX = re.compile(r"(?!xml)[a-z][a-z0-9_-]*", re.IGNORECASE)


def before_link(parent: _Element, *elements: _Element) -> None:
    """Move elements before the `link` of a channel or item; without one, to the start.

    Some readers take the last link of any namespace for the site or article.
    """
    place = next((parent.index(each) for each in parent.iterchildren("link")), 0)
    parent[place:place] = elements


class FeedExtension(BaseExtension):  # type: ignore[misc] # feedgen has no types
    """The elements that a namespace adds to the head of a feed.

    feed: normalized, with XML-safe text and URIs. Output must not depend on anything else.
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    @property
    def is_declared(self) -> bool:
        """Whether the root element declares the prefix even if entries do not use it."""
        return True

    def extend(self, parent: _Element) -> None:
        """Add the elements that both formats share to the channel or `feed` element."""

    def extend_rss(self, root: _Element) -> None:
        """Add to the `rss` element, whose only child is the channel. feedgen calls it last."""
        self.extend(root[0])

    def extend_atom(self, root: _Element) -> None:
        """Add to the `feed` element. feedgen's own elements in it have no namespace yet."""
        self.extend(root)

    def json(self) -> Mapping[str, object]:
        """Return the top-level extension object; an empty one is omitted."""
        return {}


class EntryExtension(BaseEntryExtension):  # type: ignore[misc] # feedgen has no types
    """The elements that a namespace adds to an entry. entry: normalized, as in FeedExtension."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def extend_rss(self, element: _Element) -> None:
        """Add to the `item` element."""

    def extend_atom(self, element: _Element) -> None:
        """Add to the `entry` element."""

    def json(self) -> Mapping[str, object]:
        """Return the extension object of the item; an empty one is omitted."""
        return {}


@dataclass(frozen=True, slots=True)
class Namespace:
    """An XML namespace and its extensions.

    prefix: declared at the root of a document; `_prefix` is the key of its objects in JSON Feed.
    formats: those that it extends. feed, entry: None if it does not extend them. A namespace with
    `entry` is declared in every document, as rendered entries are cached independently of their
    feeds; if of_shows, only in those of podcasts; if not declared, in none, and its elements in
    entries declare it themselves. Raises ValueError for an invalid prefix.
    """

    prefix: str
    uri: str
    feed: Callable[[Feed], FeedExtension] | None = None
    entry: Callable[[Entry], EntryExtension] | None = None
    formats: frozenset[Format] = frozenset(Format)
    of_shows: bool = False
    declared: bool = True

    def __post_init__(self) -> None:
        if not _PREFIX.fullmatch(self.prefix) or not self.uri:
            raise ValueError(f"{self.prefix!r} is not a prefix of letters, digits, - and _")
