"""Fixes for feedgen 1.0.0, implemented as a feedgen extension.

An extension receives the finished element and corrects it: dates without feedgen's locale switch
and microseconds, link attributes that feedgen loses, and the elements of Atom in RSS, whose
namespace feedgen declares but uses only for the link to the feed itself. The extensions of the
installed namespaces (`extensions`) are registered after it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree
from lxml.etree import _Element

from feedsvc.dates import rfc822, rfc3339
from feedsvc.model import Entry, Feed, Format
from feedsvc.render.extensions import Namespace, before_link, registry

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ATOM = f"{{{registry.RSS_PREFIXES['atom']}}}"
_ATOM_LINK = f"{_ATOM}link"
_LINK_ATTRIBUTES = ("rel", "type", "hreflang", "title", "length")

_MARKUP = re.compile("([&<])")
_HEXADECIMAL = {"&": "#x26", "<": "#x3C"}


def feed_generator(feed: Feed, format: Format) -> FeedGenerator:
    """Return a feedgen generator for a normalized feed, with fixes and extensions registered."""
    extensions = registry.of_feed(format, feed)
    declared = {each.prefix: each.uri for each, extension in extensions if extension.is_declared}
    generator = FeedGenerator()
    # The default is the current time, and feedgen formats it under a process-wide setlocale.
    generator._FeedGenerator__rss_lastBuildDate = None
    namespaces = {**registry.of_entries(format, feed.show is not None), **declared}
    generator.register_extension("fixes", partial(FeedFixes, feed, namespaces))
    _extend(generator, extensions)
    return generator


def feed_entry(entry: Entry, format: Format) -> FeedEntry:
    """Return a feedgen entry for a normalized entry, with fixes and extensions registered."""
    generator = FeedEntry()
    generator.register_extension("fixes", partial(EntryFixes, entry))
    _extend(generator, registry.of_entry(format, entry))
    return generator


def _extend(generator: Any, extensions: Iterable[tuple[Namespace, object]]) -> None:
    for namespace, extension in extensions:
        # feedgen expects a class without arguments, and sets an attribute of this name, which must
        # not hide a method of its own.
        generator.register_extension(
            f"extension_{namespace.prefix}", lambda extension=extension: extension
        )


def required(text: str) -> str:
    """Return the text of a required element; feedgen rejects an empty one."""
    return text or " "


class FeedFixes:
    """Fixes the channel and the feed element, and declares all namespaces."""

    def __init__(self, feed: Feed, namespaces: Mapping[str, str]) -> None:
        self._feed = feed
        self._namespaces = namespaces

    def extend_ns(self) -> dict[str, str]:
        return dict(self._namespaces)

    def extend_rss(self, root: _Element) -> None:
        channel = root[0]
        hubs = (etree.Element(_ATOM_LINK, href=hub, rel="hub") for hub in self._feed.hubs)
        before_link(channel, *channel.findall(_ATOM_LINK), *hubs)
        _add(channel, "lastBuildDate", rfc822(self._feed.updated))
        _escape_markup(channel.iter("title", "description", "copyright"))

    def extend_atom(self, root: _Element) -> None:
        _set(root, "updated", rfc3339(self._feed.updated))
        _escape_markup(root.iterchildren("title", "subtitle", "rights"))


class EntryFixes:
    """Fixes an item and an entry element. links: as passed to feedgen."""

    links: Sequence[Mapping[str, str]] = ()

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def extend_rss(self, item: _Element) -> None:
        published, updated = rfc822(self._entry.published), rfc822(self._entry.updated)
        _add(item, "pubDate", published)
        if updated != published:
            _add(item, f"{_ATOM}updated", rfc3339(self._entry.updated))
        if self._entry.related:
            # The first link is the same as the last, as readers differ in which one they use.
            links = {"alternate": self._entry.link, "related": self._entry.related}
            elements = [etree.Element(_ATOM_LINK, href=url, rel=rel) for rel, url in links.items()]
            before_link(item, *elements)
        _escape_markup(item.iterchildren("title", "category"))

    def extend_atom(self, element: _Element) -> None:
        _set(element, "updated", rfc3339(self._entry.updated))
        _set(element, "published", rfc3339(self._entry.published))
        # A shadowed variable makes feedgen drop all attributes of an entry's link except href.
        for child, link in zip(element.iterchildren("link"), self.links, strict=True):
            child.attrib.update({name: link[name] for name in _LINK_ATTRIBUTES if link.get(name)})
        if self._entry.comments:  # RFC 4685 4; feedgen refuses the relation
            replies = etree.Element("link", href=self._entry.comments, rel="replies")
            element.findall("link")[-1].addnext(replies)
        if self._entry.language:
            element.set(_XML_LANG, self._entry.language)
        _escape_markup(element.iterchildren("title"))


def _add(parent: _Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text


def _set(parent: _Element, tag: str, text: str) -> None:
    for element in parent.iterchildren(tag):
        element.text = text


def _escape_markup(plain: Iterable[_Element]) -> None:
    """Write & and < in plain text as hexadecimal references.

    XML parsers read the same text. According to the RSS Best Practices Profile (Character Data),
    most readers support this form, and the W3C validator takes it as plain text, not HTML.
    """
    for element in plain:
        first, *rest = _MARKUP.split(element.text or "")
        if rest:
            element.text = first
            for mark, following in zip(rest[::2], rest[1::2], strict=True):
                reference = etree.Entity(_HEXADECIMAL[mark])
                reference.tail = following
                element.append(reference)
