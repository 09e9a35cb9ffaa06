"""Converts the rows of a user's query to items, by the names of their columns. Pure."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from feedsvc import dates, syntax, urls
from feedsvc.errors import ArticleError, Problem
from feedsvc.html.text import names
from feedsvc.importers import texts
from feedsvc.importers.item import FileType, Hints, Item, Origin
from feedsvc.importers.records import Record
from feedsvc.model import Enclosure, Person

_TRUE = {"1", "true", "t", "yes", "y"}
_FALSE = {"", "0", "false", "f", "no", "n"}
_SURROGATE = re.compile(r"[\ud800-\udfff]+")
_ZERO_DATE = "0000-00-00"  # stands for NULL in NOT NULL columns of MySQL
COLUMNS = names(
    "id guid title html markdown published updated summary authors tags categories link "
    "external_url slug language image enclosures draft public"
)
TEXTS = ("html", "markdown", "summary")  # one of them, or a title, is needed


def item(origin: Origin, row: Mapping[str, Any], hints: Hints) -> Item:
    """Return the item of a row. Raises ArticleError if one of its values cannot be used."""
    values = _Values(origin, row, hints)
    identity, link = values.text("guid"), values.text("link")
    if not identity and isinstance(row["id"], str) and syntax.is_iri(row["id"]):
        identity = row["id"]
    html, markdown = values.text("html"), values.text("markdown")
    summary = values.text("summary")
    link = urls.resolve(hints.site, link) if link else ""
    return Item(
        origin,
        id=identity,
        seed=identity,
        title=values.text("title"),
        published=values.date("published"),
        updated=values.date("updated"),
        slug=values.text("slug"),
        link=link,
        external=values.text("external_url"),
        body=html or markdown or summary,
        file_type=FileType.MARKDOWN if markdown and not html else FileType.HTML,
        base=link or hints.site,
        summary=texts.title(summary),
        only_summary=not html and not markdown,
        categories=tuple(values.words("categories")),
        tags=tuple(values.words("tags")),
        authors=tuple(values.people("authors")),
        language=values.text("language"),
        image=values.text("image"),
        enclosures=tuple(values.enclosures("enclosures")),
        draft=flag("draft", row.get("draft", False)),
        warnings=tuple(values.warnings),
    )


def is_public(row: Mapping[str, Any]) -> bool:
    """Return whether `public` is true or missing in a row. Raises ArticleError for a bad value."""
    return flag("public", row.get("public", True))


class _Values:
    """The converted values of a row. All methods raise ArticleError for an invalid one."""

    def __init__(self, origin: Origin, row: Mapping[str, Any], hints: Hints) -> None:
        self._origin = origin
        self._row = row
        self._hints = hints
        self.warnings: list[Problem] = []

    def text(self, name: str) -> str:
        value = self._row.get(name)
        if not isinstance(value, str):
            value = as_text(name, value)
        if not value.isascii() and _SURROGATE.search(value):
            message = f"has bytes in `{name}` that are not UTF-8; they are replaced: correct them"
            self.warnings.append(self._origin.warning("broken-encoding", message))
            value = _SURROGATE.sub("\ufffd", value)
        return value.strip()

    def date(self, name: str) -> datetime | None:
        """Return a date; in the zone of the hints, unless it was written with an offset."""
        value = self._row.get(name)
        try:
            return as_date(value, self._hints.zone, self._hints.zones)
        except dates.DateError as error:
            raise ArticleError("bad-source-date", f"has a bad `{name}`: {error}") from None

    def items(self, name: str) -> list[Any]:
        """Return a list, from an array, JSON text, or comma-separated text."""
        value = self._row.get(name)
        if isinstance(value, list | tuple):
            return list(value)
        text = self.text(name) if not isinstance(value, dict) else json.dumps(value)
        if text.startswith(("[", "{")):
            try:
                found = json.loads(text)
            except (ValueError, RecursionError) as error:
                message = f"has JSON in `{name}` that cannot be read: {error}; correct it"
                raise ArticleError("bad-column", message) from None
            return found if isinstance(found, list) else [found]
        return text.split(",")

    def words(self, name: str) -> Iterator[str]:
        for each in self.items(name):
            if isinstance(each, dict):
                each = Record(each).text("name", "title", "label")
            if text := as_text(name, each).strip():
                yield text

    def people(self, name: str) -> Iterator[Person]:
        for each in self.items(name):
            person = Record(each) if isinstance(each, dict) else Record({"name": each})
            if found := person.text("name"):
                uri = person.text("url", "uri")
                yield Person(found, person.text("email") or None, uri or None)

    def enclosures(self, name: str) -> Iterator[Enclosure]:
        for each in self.items(name):
            file = Record(each) if isinstance(each, dict) else Record({"url": each})
            if url := file.text("url"):
                length = texts.length(file.text("length", "size_in_bytes", "size"))
                yield Enclosure(url, file.text("type", "mime_type"), length)


def as_text(name: str, value: Any) -> str:
    """Return a scalar as text, '' for NULL. Raises ArticleError for anything else."""
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode(errors="surrogateescape")
    if isinstance(value, bool | list | tuple | dict):
        message = f"has a value in `{name}` that is not a text, {value!r:.60}; convert it"
        raise ArticleError("bad-column", message)
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return f"{value.to_integral_value():f}"
    return str(value)


def as_date(value: Any, zone: tzinfo, zones: Mapping[str, tzinfo]) -> datetime | None:
    """Return a date; None for NULL. Raises DateError.

    An instant without a written offset is shown in the zone. A number is the seconds or
    milliseconds since 1970, or a date such as 20220217.
    """
    if isinstance(value, bytes | bytearray | memoryview):
        value = as_text("", value)
    if isinstance(value, str):
        text = value.strip()
        return None if not text or text.startswith(_ZERO_DATE) else dates.parse(text, zone, zones)
    if value is None:
        return None
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() else str(value)
    if isinstance(value, float) and math.isfinite(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and (at := _instant(value)):
        value = at
    if isinstance(value, datetime) and value.tzinfo:
        value = value.astimezone(zone)
    return dates.parse(value, zone, zones)


def flag(name: str, value: Any) -> bool:
    """Return a boolean, also from a number or word; NULL is false. Raises ArticleError."""
    word = as_text(name, int(value) if isinstance(value, bool) else value).strip().lower()
    if isinstance(value, bytes) and value in (b"\0", b"\1"):  # BIT(1) of MySQL
        return value == b"\1"
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    message = f"has {word[:60]!r} in `{name}`, which is neither true nor false; convert it"
    raise ArticleError("bad-column", message)


def _instant(number: int) -> datetime | None:
    """Return the time of seconds or milliseconds since 1970; None if it is neither.

    Dates such as 20220217 are smaller than the seconds from 1973 on, and the milliseconds from
    1973 on are greater than the seconds until 2286.
    """
    seconds = number // 1000 if 10**11 <= number < 10**13 else number
    return datetime.fromtimestamp(seconds, UTC) if 10**8 <= seconds < 10**10 else None
