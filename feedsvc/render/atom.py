"""Atom 1.0 (RFC 4287); the XML is feedgen's, mended."""

import re
from collections.abc import Sequence
from functools import cache

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feedsvc.model import Enclosure, Entry, Feed, Format, Person
from feedsvc.render import clean, mend
from feedsvc.render.extensions import registry
from feedsvc.render.splice import Frame

MEDIA_TYPE = "application/atom+xml; charset=utf-8"

_NAME_AND_VERSION = re.compile(r"(?P<name>.+) (?P<version>\d\S*)", re.DOTALL)


def entry(raw: Entry) -> bytes:
    """Render one entry element."""
    return _frame().cut(entry_element(clean.entry(raw)).atom_entry())


def document(raw: Feed, fragments: Sequence[bytes]) -> bytes:
    """Render a feed element around its rendered entries."""
    return _frame().splice(feed_element(clean.feed(raw)).atom_str(pretty=True), fragments)


def entry_element(entry: Entry) -> FeedEntry:
    """Build an entry element from a cleaned entry."""
    made = mend.feed_entry(entry, Format.ATOM)
    made.id(mend.required(entry.id))
    made.title(mend.required(entry.title))
    made.updated(entry.updated)
    made.published(entry.published)
    made.mend.links = made.link(
        [
            {"href": entry.link, "rel": "alternate", "type": "text/html"},
            *(_enclosure(each) for each in entry.enclosures),
        ]
    )
    made.author([_person(each) for each in entry.authors])
    if entry.content:
        made.content(entry.content, type="html")
    # An entry should have textual content (4.1.1.1); a blank summary says that it has none.
    if entry.summary or not entry.content:
        made.summary(mend.required(entry.summary), type="text")
    made.category([mend.category(each) for each in entry.categories])
    return made


def feed_element(feed: Feed) -> FeedGenerator:
    """Build a feed element without entries from a cleaned feed."""
    made = mend.feed_generator(feed, Format.ATOM)
    made.id(mend.required(feed.id))
    made.title(mend.required(feed.title))
    made.subtitle(feed.subtitle)
    made.updated(feed.updated)
    made.link({"href": feed.self_url, "rel": "self", "type": "application/atom+xml"})
    made.link({"href": feed.link, "rel": "alternate", "type": "text/html"})
    # A feed must have an author unless each of its entries has one (4.1.1), which is not known
    # here; the publication itself stands in.
    authors = feed.authors or (Person(mend.required(feed.title)),)
    made.author([_person(each) for each in authors])
    made.language(feed.language)
    made.rights(feed.rights)
    made.generator(*_generator(feed.generator))
    if feed.image:
        made.logo(feed.image.url)
    return made


@cache
def _frame() -> Frame:
    return Frame(("feed",), registry.of_entries(Format.ATOM))


def _generator(text: str) -> tuple[str, str]:
    """Split `feedsvc 0.1.0` into name and version; the version is '' if there is none."""
    match = _NAME_AND_VERSION.fullmatch(text)
    return (match["name"], match["version"]) if match else (text, "")


def _person(person: Person) -> dict[str, str]:
    return {"name": person.name, "email": person.email or "", "uri": person.uri or ""}


def _enclosure(enclosure: Enclosure) -> dict[str, str]:
    link = {"href": enclosure.url, "rel": "enclosure", "type": enclosure.type}
    return {**link, "length": str(enclosure.length)} if enclosure.length else link
