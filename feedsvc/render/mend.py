"""What feedgen 1.0.0 gets wrong, put right by one pair of its extensions; chooses no content.

An extension sees the finished element, so feedgen builds what it can and the pair corrects it:
dates without its locale switch and its microseconds, link attributes that it loses, and the
elements that it has no way to write. The extensions expect cleaned feeds and entries.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree
from lxml.etree import _Element

from feedsvc.dates import rfc822, rfc3339
from feedsvc.model import Category, Entry, Feed, Person

DC = "http://purl.org/dc/elements/1.1/"
MEDIA = "http://search.yahoo.com/mrss/"
ATOM = "http://www.w3.org/2005/Atom"
FEED_HISTORY = "http://purl.org/syndication/history/1.0"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_LINK_ATTRIBUTES = ("rel", "type", "hreflang", "title", "length")

_MARKUP = re.compile("([&<])")
_HEXADECIMAL = {"&": "#x26", "<": "#x3C"}


def feed_generator(feed: Feed, namespaces: Mapping[str, str]) -> FeedGenerator:
    """Start feedgen on a feed: mended, and without a clock in it.

    namespaces: URIs by prefix, declared once at the root for the whole document.
    """
    generator = FeedGenerator()
    # The default is now, and any date here is written under a process-wide setlocale.
    generator._FeedGenerator__rss_lastBuildDate = None
    generator.register_extension("mend", FeedMend, EntryMend)
    generator.mend.feed = feed
    generator.mend.namespaces = namespaces
    return generator


def feed_entry(entry: Entry) -> FeedEntry:
    """Start feedgen on an entry, mended."""
    made = FeedEntry()
    made.register_extension("mend", EntryMend)
    made.mend.entry = entry
    return made


def category(category: Category) -> dict[str, str]:
    """Return a category as feedgen takes it; without its label RSS would have no text."""
    return {"term": category.term, "label": category.label, "scheme": category.scheme}


def required(text: str) -> str:
    """Return a text that feedgen takes for a required element: it refuses an empty one."""
    return text or " "


class FeedMend:
    """Corrects the channel and the feed element; feedgen makes it without arguments."""

    feed: Feed
    namespaces: Mapping[str, str]

    def extend_ns(self) -> dict[str, str]:
        history = {"fh": FEED_HISTORY} if self.feed.current else {}
        return {**self.namespaces, **history}

    def extend_rss(self, root: _Element) -> None:
        channel = root[0]
        _add(channel, "lastBuildDate", rfc822(self.feed.updated))
        if channel.find("managingEditor") is None:
            _add_creators(channel, self.feed.authors)
        # feedgen writes no link but rel=self into RSS.
        for rel, url in self.feed.archive_links:
            etree.SubElement(channel, f"{{{ATOM}}}link", href=url, rel=rel)
        self._mark_archive(channel)
        _reference(channel.iter("title", "description", "copyright"))

    def extend_atom(self, root: _Element) -> None:
        _set(root, "updated", rfc3339(self.feed.updated))
        self._mark_archive(root)
        for each in self.feed.withdrawn:  # RFC 6721 3
            attributes = {"ref": each.id, "when": rfc3339(each.when)}
            etree.SubElement(root, f"{{{TOMBSTONES}}}deleted-entry", attributes, {"at": TOMBSTONES})
        _reference(root.iterchildren("title", "subtitle", "rights"))

    def _mark_archive(self, parent: _Element) -> None:
        if self.feed.current:
            etree.SubElement(parent, f"{{{FEED_HISTORY}}}archive")


class EntryMend:
    """Corrects an item and an entry element; feedgen makes it without arguments."""

    entry: Entry
    links: Sequence[Mapping[str, str]] = ()

    def extend_rss(self, item: _Element) -> None:
        _add(item, "pubDate", rfc822(self.entry.published))
        _add_creators(item, self.entry.authors)
        self._add_thumbnail(item)
        _reference(item.iterchildren("title", "category"))

    def extend_atom(self, element: _Element) -> None:
        _set(element, "updated", rfc3339(self.entry.updated))
        _set(element, "published", rfc3339(self.entry.published))
        # feedgen loses every attribute of an entry's link but href, to a shadowed variable.
        for made, link in zip(element.iterchildren("link"), self.links, strict=True):
            made.attrib.update({name: link[name] for name in _LINK_ATTRIBUTES if link.get(name)})
        self._add_thumbnail(element)
        if self.entry.language:
            element.set(_XML_LANG, self.entry.language)
        _reference(element.iterchildren("title", "summary"))

    def _add_thumbnail(self, element: _Element) -> None:
        if self.entry.image:
            etree.SubElement(element, f"{{{MEDIA}}}thumbnail", url=self.entry.image)


def _add(parent: _Element, tag: str, text: str) -> None:
    etree.SubElement(parent, tag).text = text


def _set(parent: _Element, tag: str, text: str) -> None:
    for element in parent.iterchildren(tag):
        element.text = text


def _add_creators(parent: _Element, authors: Sequence[Person]) -> None:
    # dc:creator takes names; feedgen lets an author without an email address vanish from RSS.
    for author in authors:
        _add(parent, f"{{{DC}}}creator", author.name)


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
