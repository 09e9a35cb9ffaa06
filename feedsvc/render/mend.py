"""What feedgen 1.0.0 gets wrong, put right by an extension of its own; chooses no content.

An extension sees the finished element, so feedgen builds what it can and this one corrects it:
dates without its locale switch and its microseconds, and link attributes that it loses. Those of
the installed namespaces (`extensions`) are registered after it.
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
from feedsvc.model import Category, Entry, Feed, Format
from feedsvc.render.extensions import Namespace, registry

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LINK_ATTRIBUTES = ("rel", "type", "hreflang", "title", "length")

_MARKUP = re.compile("([&<])")
_HEXADECIMAL = {"&": "#x26", "<": "#x3C"}


def feed_generator(feed: Feed, format: Format) -> FeedGenerator:
    """Start feedgen on a cleaned feed: mended, extended, and without a clock in it."""
    extensions = registry.of_feed(format, feed)
    declared = {each.prefix: each.uri for each, extension in extensions if extension.is_declared}
    generator = FeedGenerator()
    # The default is now, and any date here is written under a process-wide setlocale.
    generator._FeedGenerator__rss_lastBuildDate = None
    namespaces = {**registry.of_entries(format), **declared}
    generator.register_extension("mend", partial(FeedMend, feed, namespaces))
    _extend(generator, extensions)
    return generator


def feed_entry(entry: Entry, format: Format) -> FeedEntry:
    """Start feedgen on a cleaned entry: mended and extended."""
    made = FeedEntry()
    made.register_extension("mend", partial(EntryMend, entry))
    _extend(made, registry.of_entry(format, entry))
    return made


def _extend(made: Any, extensions: Iterable[tuple[Namespace, object]]) -> None:
    for namespace, extension in extensions:
        # feedgen makes it an attribute of this name, which must hide no method of its own.
        made.register_extension(f"extension_{namespace.prefix}", partial(_itself, extension))


def _itself(extension: object) -> object:
    """Return an extension to feedgen, which expects a class without arguments."""
    return extension


def category(category: Category) -> dict[str, str]:
    """Return a category as feedgen takes it; without its label RSS would have no text."""
    return {"term": category.term, "label": category.label, "scheme": category.scheme}


def required(text: str) -> str:
    """Return a text that feedgen takes for a required element: it refuses an empty one."""
    return text or " "


class FeedMend:
    """Corrects the channel and the feed element, and declares all namespaces."""

    def __init__(self, feed: Feed, namespaces: Mapping[str, str]) -> None:
        self._feed = feed
        self._namespaces = namespaces

    def extend_ns(self) -> dict[str, str]:
        return dict(self._namespaces)

    def extend_rss(self, root: _Element) -> None:
        channel = root[0]
        _add(channel, "lastBuildDate", rfc822(self._feed.updated))
        _reference(channel.iter("title", "description", "copyright"))

    def extend_atom(self, root: _Element) -> None:
        _set(root, "updated", rfc3339(self._feed.updated))
        _reference(root.iterchildren("title", "subtitle", "rights"))


class EntryMend:
    """Corrects an item and an entry element. links: as feedgen was given them."""

    links: Sequence[Mapping[str, str]] = ()

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def extend_rss(self, item: _Element) -> None:
        _add(item, "pubDate", rfc822(self._entry.published))
        _reference(item.iterchildren("title", "category"))

    def extend_atom(self, element: _Element) -> None:
        _set(element, "updated", rfc3339(self._entry.updated))
        _set(element, "published", rfc3339(self._entry.published))
        # feedgen loses every attribute of an entry's link but href, to a shadowed variable.
        for made, link in zip(element.iterchildren("link"), self.links, strict=True):
            made.attrib.update({name: link[name] for name in _LINK_ATTRIBUTES if link.get(name)})
        if self._entry.language:
            element.set(_XML_LANG, self._entry.language)
        _reference(element.iterchildren("title", "summary"))


def _add(parent: _Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text


def _set(parent: _Element, tag: str, text: str) -> None:
    for element in parent.iterchildren(tag):
        element.text = text


def _reference(plain: Iterable[_Element]) -> None:
    """Write & and < in plain text as hexadecimal references.

    They are the same text to any XML parser. The RSS Best Practices Profile (Character Data) found
    them to survive in the most readers, and the W3C validator takes them as the sign that text
    with an & in it is not HTML.
    """
    for element in plain:
        first, *rest = _MARKUP.split(element.text or "")
        if rest:
            element.text = first
            for mark, following in zip(rest[::2], rest[1::2], strict=True):
                reference = etree.Entity(_HEXADECIMAL[mark])
                reference.tail = following
                element.append(reference)
