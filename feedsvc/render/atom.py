"""Renders Atom 1.0 (RFC 4287) with feedgen and the fixes in `fixes`."""

import re
from collections.abc import Sequence
from functools import cache
from html import escape

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feedsvc.model import Category, Enclosure, Entry, Feed, Format, Person
from feedsvc.render import clean, fixes
from feedsvc.render.extensions import registry
from feedsvc.render.splice import Frame

MEDIA_TYPE = "application/atom+xml; charset=utf-8"

_NAME_AND_VERSION = re.compile(r"(?P<name>.+) (?P<version>\d\S*)", re.DOTALL)


def entry(raw: Entry) -> bytes:
    """Render one entry element."""
    return _frame(raw.episode is not None).cut(entry_element(clean.entry(raw)).atom_entry())


def document(raw: Feed, fragments: Sequence[bytes]) -> bytes:
    """Render a feed element around its rendered entries."""
    return _frame(raw.show is not None).splice(
        feed_element(clean.feed(raw)).atom_str(pretty=True), fragments
    )


def entry_element(entry: Entry) -> FeedEntry:
    """Build an entry element from a cleaned entry."""
    element = fixes.feed_entry(entry, Format.ATOM)
    element.id(fixes.required(entry.id))
    element.title(fixes.required(entry.title))
    element.updated(entry.updated)
    element.published(entry.published)
    element.fixes.links = element.link(
        [
            {"href": entry.link, "rel": "alternate", "type": "text/html"},
            *([{"href": entry.related, "rel": "related"}] if entry.related else ()),
            *(_enclosure(each) for each in entry.enclosures),
        ]
    )
    element.author([_person(each) for each in entry.authors])
    if entry.content:
        element.content(entry.content, type="html")
    # Several readers interpret every summary as HTML, whatever its type.
    if entry.summary:
        element.summary(escape(entry.summary, quote=False), type="html")
    element.category([_category(each) for each in entry.categories])
    return element


def feed_element(feed: Feed) -> FeedGenerator:
    """Build a feed element without entries from a cleaned feed."""
    element = fixes.feed_generator(feed, Format.ATOM)
    element.id(fixes.required(feed.id))
    element.title(fixes.required(feed.title))
    element.subtitle(feed.subtitle)
    element.updated(feed.updated)
    # Some readers take the first link of any kind for the site.
    element.link({"href": feed.link, "rel": "alternate", "type": "text/html"})
    element.link({"href": feed.self_url, "rel": "self", "type": "application/atom+xml"})
    element.link([{"href": hub, "rel": "hub"} for hub in feed.hubs])
    # A feed must have an author unless each of its entries has one (4.1.1), which is unknown
    # here; the feed's title is the fallback.
    authors = feed.authors or (Person(fixes.required(feed.title)),)
    element.author([_person(each) for each in authors])
    element.language(feed.language)
    element.rights(feed.rights)
    element.generator(*_generator(feed.generator))
    logo = feed.image.url if feed.image else feed.icon
    element.logo(logo)
    element.icon(feed.icon)
    return element


@cache
def _frame(is_show: bool) -> Frame:
    return Frame(("feed",), registry.of_entries(Format.ATOM, is_show))


def _generator(text: str) -> tuple[str, str]:
    """Split `feedsvc 0.1.0` into name and version; the version is '' if there is none."""
    match = _NAME_AND_VERSION.fullmatch(text)
    return (match["name"], match["version"]) if match else (text, "")


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "email": person.email or "", "uri": person.uri or ""}


def _category(category: Category) -> dict[str, str]:
    """Return a category with its label as the term, as several readers show only the term."""
    return {"term": category.label, "scheme": category.scheme, "label": category.label}


def _enclosure(enclosure: Enclosure) -> dict[str, str]:
    link = {"href": enclosure.url, "rel": "enclosure", "type": enclosure.type}
    return {**link, "length": str(enclosure.length)} if enclosure.length else link
