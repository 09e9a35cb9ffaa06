"""Renders JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json
from collections.abc import Sequence
from typing import Any

from feedsvc.dates import rfc3339
from feedsvc.model import Enclosure, Entry, Feed, Format, Person
from feedsvc.render import clean
from feedsvc.render.extensions import EntryExtension, FeedExtension, Namespace, registry

# The format fixes its encoding: JSON has no charset parameter (RFC 8259 11).
MEDIA_TYPE = "application/feed+json"

_VERSION = "https://jsonfeed.org/version/1.1"


def entry(raw: Entry) -> bytes:
    """Render one item."""
    entry = clean.entry(raw)
    # `url` is the article's own page, and `external_url` the one that it is about; which of the two
    # to show is up to the reader.
    required = {"id": entry.id, "url": entry.page or entry.link}
    optional = {
        "external_url": entry.external,
        "title": entry.title,
        "summary": entry.summary,
        "image": entry.image,
        "date_published": rfc3339(entry.published),
        "date_modified": rfc3339(entry.updated),
        "authors": _authors(entry.authors),
        # A category and a tag may share a label.
        "tags": list(dict.fromkeys(each.label for each in entry.categories)),
        "language": entry.language,
        "attachments": [_attachment(each) for each in entry.enclosures],
    }
    # "content_html and content_text are each optional strings -- but one or both must be present."
    content = {"content_html": entry.content} if entry.content else {"content_text": entry.summary}
    extensions = _extensions(registry.of_entry(Format.JSON, entry))
    return _line({**required, **_present(optional), **content, **extensions})


def document(raw: Feed, fragments: Sequence[bytes]) -> bytes:
    """Render the top level around its rendered items, one item per line."""
    feed = clean.feed(raw)
    required = {
        "version": _VERSION,
        "title": feed.title,
        "home_page_url": feed.link,
        "feed_url": feed.self_url,
    }
    optional = {
        "next_url": feed.prev_archive,
        "description": feed.subtitle,
        "icon": feed.image.url if feed.image else feed.icon,
        "favicon": feed.icon,
        "authors": _authors(feed.authors),
        "language": feed.language,
        "hubs": [{"type": "WebSub", "url": hub} for hub in feed.hubs],
    }
    extensions = _extensions(registry.of_feed(Format.JSON, feed))
    head = _line({**required, **_present(optional), **extensions}).removesuffix(b"}")
    items = b",\n".join(fragments)
    return b'%b, "items": [\n%b\n]}\n' % (head, items)


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def _extensions(
    extensions: Sequence[tuple[Namespace, FeedExtension | EntryExtension]],
) -> dict[str, Any]:
    """Return the objects of extensions by key, which begins with an underscore (JSON Feed 1.1)."""
    return _present({f"_{each.prefix}": dict(extension.json()) for each, extension in extensions})


def _authors(persons: Sequence[Person]) -> list[dict[str, str]]:
    return [_present({"name": each.name, "url": each.uri}) for each in persons]


def _attachment(enclosure: Enclosure) -> dict[str, Any]:
    return _present(
        {
            "url": enclosure.url,
            "mime_type": enclosure.type,
            "size_in_bytes": enclosure.length,
            "duration_in_seconds": enclosure.duration and round(enclosure.duration),
        }
    )


def _line(members: dict[str, Any]) -> bytes:
    return json.dumps(members, ensure_ascii=False).encode()
