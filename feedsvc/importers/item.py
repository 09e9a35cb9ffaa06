"""The values that all importers return.

Sources are untrusted: their texts may be long, span lines or contain control characters. `compose`
cleans them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any

from feedsvc.dates import DateError
from feedsvc.errors import ArticleError, Problem, Severity
from feedsvc.model import Enclosure, Person
from feedsvc.sources.article import MAX_SIZE


class FileType(StrEnum):
    """The file type of an article, by its suffix."""

    HTML = ".html"
    MARKDOWN = ".md"


@dataclass(frozen=True, slots=True)
class Origin:
    """The position of an item.

    line: 0 if unknown. number: of the item in its source, from 1. label: names the item in
    messages instead of its number; '' if the source has only this item.
    """

    source: str
    line: int
    number: int
    label: str | None = None

    @property
    def place(self) -> str:
        """Where the item is, for messages: `item 3 of feed.xml`."""
        return f"item {self.number} of {self.source}"

    def problem(self, code: str, message: str) -> Problem:
        """Return an error about this item."""
        label = f"item {self.number}" if self.label is None else self.label
        return Problem(self.source, self.line, code, f"{label} {message}".strip())

    def warning(self, code: str, message: str) -> Problem:
        """Return a warning about this item, which is imported nevertheless."""
        return replace(self.problem(code, message), severity=Severity.WARNING)

    def failure(self, error: ArticleError | DateError) -> Problem:
        """Convert an exception raised while reading this item to an error about it."""
        if isinstance(error, DateError):
            return self.problem("bad-source-date", f"has a bad date: {error}")
        return self.problem(error.code, error.message)


@dataclass(frozen=True, slots=True)
class Item:
    """An article as read from a source.

    id: the id in the source, '' if it has none. seed: the name from which a UUID is derived if `id`
    cannot be used. title: plain text. published: aware; None if unknown. slug: as in the source; ''
    to derive it from the title. body: raw HTML or Markdown, according to file_type. base: the base
    of relative URLs. external: the URL of a page elsewhere that the article is about. only_summary:
    the body is only a summary. candidates: the possible dates of publication. episode: front matter
    of an episode. warnings: reported once the article has been written.
    """

    origin: Origin
    id: str
    seed: str
    title: str
    published: datetime | None
    body: str
    file_type: FileType = FileType.HTML
    base: str = ""
    updated: datetime | None = None
    slug: str = ""
    link: str = ""
    external: str = ""
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
    episode: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something in a source that is not an article. kind: such as `page`, `comment`, `trash`."""

    kind: str


@dataclass(frozen=True, slots=True)
class Show:
    """The settings of a podcast, from its feed, as TOML."""

    settings: str


@dataclass(frozen=True, slots=True)
class Refused:
    """An article that cannot be read. id, seed: see Item."""

    id: str
    seed: str
    problem: Problem


def check_size(size: int) -> None:
    """Raise ArticleError if a text is larger than an article may be. size: in bytes."""
    if size > MAX_SIZE:
        raise ArticleError("too-large-item", "exceeds 5 MB, the limit of an article; split it")


ParseResult = Item | Refused | Problem | Show | Skipped
ParseResults = Iterator[ParseResult]


@dataclass(frozen=True, slots=True)
class Hints:
    """Import options and site settings that complete the sources.

    zone: the zone of times without one. zones: the meaning of zone abbreviations. now: the time of
    the import. date, categories, language: override texts and saved pages, and are defaults for the
    items of feeds and exports. pages: import pages too. site: the URL of the site that wrote an
    export, ending in a slash, for exports that omit it; '' if unknown.
    """

    zone: tzinfo
    zones: dict[str, tzinfo]
    now: datetime
    date: datetime | None = None
    categories: tuple[str, ...] = ()
    language: str = ""
    pages: bool = False
    site: str = ""

    def complete(self, item: Item) -> Item:
        """Return an item with these defaults for its missing values."""
        return replace(
            item,
            published=item.published or self.date,
            categories=item.categories or self.categories,
            language=item.language or self.language,
        )

    def kinds(self) -> set[str]:
        """Return the kinds of WordPress and Blogger posts to import."""
        return {"post", "page"} if self.pages else {"post"}
