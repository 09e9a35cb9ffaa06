"""Reads JSON Feed 1 and 1.1. Files are read whole, so their size is limited.

JSON Feed has only tags. Categories are in the extension `_feedsvc` of an item:
`"_feedsvc": {"categories": ["News"]}`.
"""

import json
from typing import Any

from feedsvc import dates, urls
from feedsvc.errors import Problem
from feedsvc.importers import texts
from feedsvc.importers.item import Hints, Item, Origin, ParseResult, ParseResults, Refused
from feedsvc.model import Enclosure, Person

_EXTENSION = "_feedsvc"


def read(source: str, content: bytes, hints: Hints) -> ParseResults:
    """Yield the items of a JSON feed, in order."""
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except RecursionError:
        yield Problem(source, 0, "broken-json", "is nested too deeply for a JSON feed")
        return
    except ValueError as error:  # includes UnicodeDecodeError
        line = getattr(error, "lineno", 0)
        yield Problem(source, line, "broken-json", f"is not valid JSON: {error}; fix it")
        return
    feed = _Object(document)
    if not feed.text("version").startswith("https://jsonfeed.org/version/"):
        message = "is JSON, but not a JSON feed; leave it out"
        yield Problem(source, 0, "unknown-source", message)
        return
    if not isinstance(document.get("items"), list):
        yield Problem(source, 0, "broken-json", "is a JSON feed without a list `items`; fix it")
        return
    for number, item in enumerate(feed.objects("items"), 1):
        yield _parse(Origin(source, 0, number), item, feed, hints)


class _Object:
    """A JSON object with unchecked values; empty if the value is not an object."""

    def __init__(self, value: object) -> None:
        self._values: dict[str, Any] = value if isinstance(value, dict) else {}

    def text(self, *names: str) -> str:
        """Return the first non-empty text with one of these names. Ids may be numbers."""
        for name in names:
            value = self._values.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, int | float) and not isinstance(value, bool):
                return json.dumps(value)
        return ""

    def array(self, name: str) -> list[Any]:
        """Return an array; empty if it is missing."""
        value = self._values.get(name)
        return value if isinstance(value, list) else []

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts in an array."""
        return tuple(value for value in self.array(name) if isinstance(value, str))

    def object(self, name: str) -> "_Object":
        """Return an object; empty if it is missing."""
        return _Object(self._values.get(name))

    def objects(self, name: str) -> list["_Object"]:
        """Return the objects in an array."""
        return [_Object(value) for value in self.array(name)]

    def authors(self) -> tuple[Person, ...]:
        """Return the authors, in the form of version 1.1 or 1."""
        people = self.objects("authors") or [_Object(self._values.get("author"))]
        return tuple(
            Person(person.text("name"), uri=person.text("url") or None)
            for person in people
            if person.text("name")
        )


def _parse(origin: Origin, item: _Object, feed: _Object, hints: Hints) -> ParseResult:
    date_text = item.text("date_published")
    link = item.text("url")
    summary = item.text("summary")
    body = item.text("content_html") or texts.paragraphs(item.text("content_text"))
    title = " ".join(item.text("title").split())
    identity = item.text("id") or link
    key = identity or "\n".join([title, date_text, body or summary])
    seed = "\n".join([feed.text("home_page_url", "feed_url"), key])
    try:
        published = texts.date(date_text, hints)
        updated = texts.date(item.text("date_modified"), hints)
    except dates.DateError as error:
        problem = origin.problem("bad-source-date", f"has a bad date: {error}")
        return Refused(identity, seed, problem)
    return hints.complete(
        Item(
            origin,
            id=identity,
            seed=seed,
            title=title,
            published=published or updated,
            updated=updated,
            slug=texts.last_segment(link),
            link=link,
            external=item.text("external_url"),
            body=body or texts.paragraphs(summary),
            base=urls.resolve(feed.text("home_page_url"), link),
            summary=summary,
            only_summary=bool(summary and not body),
            categories=item.object(_EXTENSION).texts("categories"),
            tags=item.texts("tags"),
            authors=item.authors() or feed.authors(),
            language=item.text("language") or feed.text("language"),
            image=item.text("image", "banner_image"),
            enclosures=tuple(
                Enclosure(
                    attachment.text("url"),
                    attachment.text("mime_type"),
                    texts.length(attachment.text("size_in_bytes")),
                )
                for attachment in item.objects("attachments")
            ),
        )
    )
