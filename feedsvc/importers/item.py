"""What every importer returns: an Item, or why there is none; reads and writes nothing.

A source is somebody else's file. Its texts are not trusted to be on one line, short, or free of
control characters: write.py sees to that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo
from enum import StrEnum

from feedsvc.errors import Problem, Severity
from feedsvc.model import Enclosure, Person


class Ending(StrEnum):
    """What kind of file an item's body makes."""

    HTML = ".html"
    MARKDOWN = ".md"


@dataclass(frozen=True, slots=True)
class Item:
    """One article of a source, before it has a file.

    source, line, number: where it stands; the line is 0 where it is not known, the number from 1.
    id: what readers know it by, as the source has it; '' where the source has none. seed: what a
    stable id is made of if `id` cannot be one. title: plain text. published: aware; None where
    nobody knows. slug: what the source calls it, in whatever form; '' to take the title's words.
    body: raw HTML, or Markdown; ending says which. base: what its relative URLs are resolved
    against. only_summary: the body is no more than a summary. candidates: other dates that would
    fit. draft: not public. remarks: what should be looked at once it is written.
    """

    source: str
    line: int
    number: int
    id: str
    seed: str
    title: str
    published: datetime | None
    body: str
    ending: Ending = Ending.HTML
    base: str = ""
    updated: datetime | None = None
    slug: str = ""
    link: str = ""
    summary: str = ""
    only_summary: bool = False
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    authors: tuple[Person, ...] = ()
    language: str = ""
    image: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    candidates: tuple[datetime, ...] = ()
    draft: bool = False
    remarks: tuple[Problem, ...] = ()

    def warning(self, code: str, message: str) -> Problem:
        """Return a Problem that leaves the article imported."""
        return item_warning(self.source, self.line, self.number, code, message)

    def problem(self, code: str, message: str) -> Problem:
        """Return a Problem of this item."""
        return of_item(self.source, self.line, self.number, code, message)


def of_item(source: str, line: int, number: int, code: str, message: str) -> Problem:
    """Return a Problem of the item with this number, from 1, at a line that may not be known."""
    return Problem(source, line, code, f"item {number} {message}")


def item_warning(source: str, line: int, number: int, code: str, message: str) -> Problem:
    """Return a Problem that leaves the article imported; see `of_item`."""
    return replace(of_item(source, line, number, code, message), severity=Severity.WARNING)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something in a source that is no article, by its kind: `page`, `comment`, `trash`."""

    kind: str


Found = Item | Problem | LeftOut
Reading = Iterator[Found]


@dataclass(frozen=True, slots=True)
class Hints:
    """What the user and the site's settings say of the sources.

    date, categories, language: for texts and saved pages they win over what the source says; for
    items of feeds and exports they stand where the source says nothing. pages: take pages too.
    zone: where a time without a zone is meant. zones: what abbreviated zones mean. now:
    the time of the import.
    """

    zone: tzinfo
    zones: dict[str, tzinfo]
    now: datetime
    date: datetime | None = None
    categories: tuple[str, ...] = ()
    language: str = ""
    pages: bool = False

    def complete(self, item: Item) -> Item:
        """Return an item with the hints where the source said nothing."""
        return replace(
            item,
            published=item.published or self.date,
            categories=item.categories or self.categories,
            language=item.language or self.language,
        )


# RFC 822 5.1 defines these, so they are clear wherever its dates are used.
RFC822_ZONES: dict[str, tzinfo] = {
    name: timezone(timedelta(hours=hours))
    for names, hours in (
        ("UT", 0),
        ("EDT", -4),
        ("EST CDT", -5),
        ("CST MDT", -6),
        ("MST PDT", -7),
        ("PST", -8),
    )
    for name in names.split()
}
