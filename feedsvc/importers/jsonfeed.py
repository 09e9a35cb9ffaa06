"""Reads JSON Feed 1 and 1.1. Files are read whole, so their size is limited.

JSON Feed has only tags. Categories are in the extension `_feedsvc` of an item:
`"_feedsvc": {"categories": ["News"]}`.
"""

from feedsvc import urls
from feedsvc.dates import DateError
from feedsvc.errors import Problem
from feedsvc.importers import texts
from feedsvc.importers.item import Hints, Item, Origin, ParseResult, ParseResults, Refused
from feedsvc.importers.records import Record, load_json
from feedsvc.model import Enclosure, Person

_EXTENSION = "_feedsvc"


def read(source: str, content: bytes, hints: Hints) -> ParseResults:
    """Yield the items of a JSON feed, in order."""
    feed = load_json(source, content)
    if isinstance(feed, Problem):
        yield feed
        return
    if not feed.text("version").startswith("https://jsonfeed.org/version/"):
        message = "is JSON, but not a JSON feed; leave it out"
        yield Problem(source, 0, "unknown-source", message)
        return
    if not feed.is_array("items"):
        yield Problem(source, 0, "broken-json", "is a JSON feed without a list `items`; fix it")
        return
    for number, item in enumerate(feed.records("items"), 1):
        yield _parse(Origin(source, 0, number), item, feed, hints)


def _authors(record: Record) -> tuple[Person, ...]:
    """Return the authors of an item or feed, in the form of version 1.1 or 1."""
    people = record.records("authors") or [record.record("author")]
    return tuple(
        Person(person.text("name"), uri=person.text("url") or None)
        for person in people
        if person.text("name")
    )


def _parse(origin: Origin, item: Record, feed: Record, hints: Hints) -> ParseResult:
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
    except DateError as error:
        return Refused(identity, seed, origin.failure(error))
    return Item(
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
        categories=item.record(_EXTENSION).texts("categories"),
        tags=item.texts("tags"),
        authors=_authors(item) or _authors(feed),
        language=item.text("language") or feed.text("language"),
        image=item.text("image", "banner_image"),
        enclosures=tuple(
            Enclosure(
                attachment.text("url"),
                attachment.text("mime_type"),
                texts.length(attachment.text("size_in_bytes")),
            )
            for attachment in item.records("attachments")
        ),
    )
