"""Reads JSON Feed, versions 1 and 1.1; a file is read whole, so its size is limited."""

import json
from typing import Any

from feedsvc import dates
from feedsvc.errors import Problem
from feedsvc.importers import texts
from feedsvc.importers.item import Found, Hints, Item, Reading, of_item
from feedsvc.model import Enclosure, Person


def read(source: str, content: bytes, hints: Hints) -> Reading:
    """Yield the items of a JSON feed, in its order."""
    try:
        feed = json.loads(content.decode("utf-8-sig"))
    except RecursionError:
        yield Problem(source, 0, "broken-json", "nests too deeply; it is no JSON feed")
        return
    except ValueError as error:  # also where it is not UTF-8
        line = getattr(error, "lineno", 0)
        yield Problem(source, line, "broken-json", f"is not JSON: {error}; mend it")
        return
    table = _Table(feed)
    if not table.text("version").startswith("https://jsonfeed.org/version/"):
        message = "is JSON, but no JSON feed; leave it out"
        yield Problem(source, 0, "unknown-source", message)
        return
    for number, each in enumerate(table.items("items"), 1):
        yield _found(source, number, _Table(each), table, hints)


class _Table:
    """An object of JSON, of which nothing is known."""

    def __init__(self, value: object) -> None:
        self._values: dict[str, Any] = value if isinstance(value, dict) else {}

    def text(self, *names: str) -> str:
        """Return the first text under these names; a number counts, as ids once were numbers."""
        for name in names:
            value = self._values.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
            if isinstance(value, int | float) and not isinstance(value, bool):
                return json.dumps(value)
        return ""

    def items(self, name: str) -> list[Any]:
        """Return the list under a name, an empty one if there is none."""
        value = self._values.get(name)
        return value if isinstance(value, list) else []

    def table(self, name: str) -> "_Table":
        """Return the object under a name, an empty one if there is none."""
        return _Table(self._values.get(name))

    def tables(self, name: str) -> list["_Table"]:
        """Return the objects in the list under a name."""
        return [_Table(each) for each in self.items(name)]


def _found(source: str, number: int, item: _Table, feed: _Table, hints: Hints) -> Found:
    published_text = item.text("date_published")
    try:
        published = texts.date(published_text, hints)
        updated = texts.date(item.text("date_modified"), hints)
    except dates.DateError as error:
        return of_item(source, 0, number, "bad-source-date", f"has a bad date: {error}")
    link = item.text("url")
    summary = item.text("summary")
    body = item.text("content_html") or texts.paragraphs(item.text("content_text"))
    title = " ".join(item.text("title").split())
    return hints.complete(
        Item(
            source,
            0,
            number,
            id=item.text("id") or link,
            seed="\n".join(
                [
                    feed.text("home_page_url", "feed_url"),
                    item.text("id") or link or "\n".join([title, published_text, body or summary]),
                ]
            ),
            title=title,
            published=published or updated,
            updated=updated,
            slug=texts.path_words(link),
            link=link,
            body=body or texts.paragraphs(summary),
            base=link or feed.text("home_page_url"),
            summary=summary,
            only_summary=bool(summary and not body),
            tags=tuple(each for each in item.items("tags") if isinstance(each, str)),
            authors=_authors(item) or _authors(feed),
            language=item.text("language") or feed.text("language"),
            image=item.text("image", "banner_image"),
            enclosures=tuple(_enclosure(each) for each in item.tables("attachments")),
        )
    )


def _authors(of: _Table) -> tuple[Person, ...]:
    tables = of.tables("authors") or [of.table("author")]
    return tuple(
        Person(each.text("name"), uri=each.text("url") or None)
        for each in tables
        if each.text("name")
    )


def _enclosure(each: _Table) -> Enclosure:
    size = each.text("size_in_bytes")
    return Enclosure(
        each.text("url"),
        each.text("mime_type"),
        int(size) if size.isdigit() and len(size) < 16 else 0,
    )
