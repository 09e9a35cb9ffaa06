"""Reads articles from a table (CSV): one row per article, below a row of column names.

Any column may restrict who can read an article: a row is imported only if every column whose name
suggests that is empty or says that the article is public.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

from feedsvc import syntax, urls
from feedsvc.dates import DateError
from feedsvc.errors import Problem
from feedsvc.importers import texts, wpstatus
from feedsvc.importers.item import Hints, Item, Origin, ParseResult, ParseResults, Refused, Skipped
from feedsvc.importers.records import Record
from feedsvc.model import Person
from feedsvc.sources.article import MAX_SIZE

_TITLE = ("title", "web_title", "name", "headline", "subject")
_BODY = ("content_html", "html", "body", "post_body", "content", "text")
_PUBLISHED = ("published_at", "published_on", "published_date", "publish_date", "publication_date",
              "pub_date", "pubdate", "post_date", "date_published", "date")  # fmt: skip
_UPDATED = ("updated_at", "updated_on", "updated", "modified", "date_modified", "lastmod")
_LINK = ("url", "link", "permalink", "canonical_url")
_STATUS = ("status", "post_status", "state")
_AUDIENCE = ("visibility", "audience", "access")
_SUMMARY = ("summary", "excerpt", "post_summary", "description", "web_subtitle", "subtitle")
_IMAGE = ("image", "main_image", "feature_image", "featured_image", "cover_image", "thumbnail_url")
_DRAFT = ("draft", "is_draft")
_IS_PUBLISHED = ("published", "is_published")
_RESTRICTION = re.compile(
    r"draft|private|paid|member|password|hidden|archived|deleted|trash|restrict|premium|unlisted"
)
_STATUSES = {  # as in WordPress
    **dict.fromkeys(("publish", "published", "public", "live"), "publish"),
    **dict.fromkeys(("scheduled", "future"), "future"),
    **dict.fromkeys(("draft", "pending", "unpublished", ""), "draft"),
}
_EVERYBODY = {"", "public", "everyone", "all"}
_NO = {"", "0", "false", "no", "n"}
_SEPARATORS = (",", ";", "\t")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
_SHORTEST_DATE = len("2022-2-1")
_BETWEEN_LABELS = re.compile(r"\s*[,;|]\s*")


def columns(beginning: bytes) -> set[str]:
    """Return the column names of a table with this beginning."""
    line = beginning.partition(b"\n")[0].decode("utf-8", "replace")
    return set(_names(next(_cells(line), [])))


def is_table(names: set[str]) -> bool:
    """Return whether a table with these columns contains articles."""
    return not names.isdisjoint(_TITLE) and not names.isdisjoint(_BODY)


def rows(source: str, content: bytes) -> Iterator[tuple[Origin, Record] | Problem]:
    """Yield the rows of a table, and a Problem for each that is broken."""
    lines = _cells(texts.decode(content)[0])
    try:
        names = _names(next(lines, []))
        if len(set(names)) < len(names):
            message = "has two columns with the same name; rename one"
            yield Problem(source, 1, "broken-table", message)
            return
        line = lines.line_num + 1
        for number, cells in enumerate(filter(None, lines), 1):
            origin, line = Origin(source, line, number), lines.line_num + 1
            if len(cells) > len(names):
                message = f"has {len(cells)} cells in {len(names)} columns; put its text in quotes"
                yield origin.problem("broken-table", message)
            else:
                yield origin, Record(dict(zip(names, cells, strict=False)))
    except csv.Error as error:
        message = f"cannot be read from here on: {error}; fix it"
        yield Problem(source, lines.line_num, "broken-table", message)


def _cells(text: str) -> Any:
    """Return a csv.reader, whose type is not public, with the delimiter of the first line."""
    csv.field_size_limit(MAX_SIZE)
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    return csv.reader(io.StringIO(text, newline=""), delimiter=separator)


def _names(cells: list[str]) -> list[str]:
    return [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in cells]


def read(source: str, content: bytes, hints: Hints) -> ParseResults:
    """Yield the articles of a table, in order."""
    for row in rows(source, content):
        yield row if isinstance(row, Problem) else _parse(*row, hints)


def _parse(origin: Origin, row: Record, hints: Hints) -> ParseResult:
    status = _status(row)
    if reason := _restriction(row) or wpstatus.skip_reason([status], []):
        return Skipped(reason)
    link = urls.resolve(hints.site, row.text(*_LINK))
    ids = [row.text("guid"), row.text("id"), link]
    identity = next(filter(syntax.is_iri, ids), "") or next(filter(None, ids), "")
    title = texts.title(row.text(*_TITLE))
    body = row.text(*_BODY)
    seed = identity or "\n".join([title, body])
    try:
        published = texts.date(_published(row), hints)
        updated = texts.date(row.text(*_UPDATED), hints)
    except DateError as error:
        return Refused(identity, seed, origin.failure(error))
    is_draft = wpstatus.is_draft([status], published or hints.date, hints.now)
    if is_draft and not (published or hints.date):
        return Skipped("draft without a date")
    return Item(
        origin,
        id=identity,
        seed=seed,
        title=title,
        published=published,
        updated=updated,
        slug=row.text("slug"),
        link=link,
        body=body if _MARKUP.search(body) else texts.paragraphs(body),
        base=link or hints.site,
        summary=texts.title(row.text(*_SUMMARY)),
        categories=_labels(row, "category", "categories", "section"),
        tags=_labels(row, "tags", "tag", "content_tags", "keywords"),
        authors=tuple(map(Person, _labels(row, "author", "authors", "creator"))),
        language=row.text("language", "lang", "locale"),
        image=row.text(*_IMAGE),
        draft=is_draft,
    )


def _status(row: Record) -> str:
    """Return the status of a row as in WordPress; an unknown one unchanged."""
    if any(row.text(name).lower() not in _NO for name in _DRAFT):
        return "draft"
    if any(name in row and row.text(name).lower() in _NO for name in _IS_PUBLISHED):
        return "draft"
    for name in _STATUS:
        if name in row:
            written = row.text(name).lower()
            return _STATUSES.get(written, written)
    return "publish"


def _restriction(row: Record) -> str:
    """Return how an article is restricted to some readers; '' if it seems to be public."""
    for name in row.names():
        value = row.text(name).lower()
        if name in _AUDIENCE and value not in _EVERYBODY:
            return f"for {value}"
        if name not in _DRAFT and _RESTRICTION.search(name) and value not in _NO:
            return f"with {name}"
    return ""


def _published(row: Record) -> str:
    """Return the date of publication. The column `published` has a date or a flag."""
    published = row.text("published")
    return row.text(*_PUBLISHED) or (published if len(published) >= _SHORTEST_DATE else "")


def _labels(row: Record, *names: str) -> tuple[str, ...]:
    return tuple(filter(None, _BETWEEN_LABELS.split(row.text(*names))))
