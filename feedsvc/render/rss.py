"""Renders RSS 2.0 according to the Best Practices Profile, with feedgen and the fixes in `fixes`.

Spec: https://www.rssboard.org/rss-specification and https://www.rssboard.org/rss-profile
"""

import re
from collections.abc import Sequence
from functools import cache
from html import escape

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator

from feedsvc.model import Entry, Feed, Format, Image, Person
from feedsvc.render import clean, fixes
from feedsvc.render.extensions import registry
from feedsvc.render.splice import Frame

MEDIA_TYPE = "application/rss+xml; charset=utf-8"

# Specification, <image>: a GIF, JPEG or PNG of at most 144 by 400 pixels.
_IMAGE_ENDINGS = (".gif", ".jpg", ".jpeg", ".png")
_IMAGE_WIDTH, _IMAGE_HEIGHT = 144, 400
_QUERY = re.compile("[?#].*", re.DOTALL)
_SPECIAL_IN_COMMENT = re.compile(r"[()\\]")
_QUOTED = r"\\\g<0>"


def entry(raw: Entry) -> bytes:
    """Render one item."""
    return _frame(raw.episode is not None).cut(item(clean.entry(raw)).rss_entry())


def document(raw: Feed, fragments: Sequence[bytes]) -> bytes:
    """Render a channel around its rendered items."""
    return _frame(raw.show is not None).splice(
        channel(clean.feed(raw)).rss_str(pretty=True), fragments
    )


def item(entry: Entry) -> FeedEntry:
    """Build an item from a cleaned entry."""
    element = fixes.feed_entry(entry, Format.RSS)
    element.title(entry.title)
    element.link(href=entry.link)
    guid = (entry.episode and entry.episode.guid) or entry.id
    is_web_page = guid.startswith(("http://", "https://"))
    element.guid(fixes.required(guid), permalink=is_web_page and guid == entry.link)
    # A description is HTML, a summary plain text. feedgen writes the content as the description if
    # there is no summary.
    if entry.summary:
        element.description(escape(entry.summary, quote=False))
    if entry.content:
        element.content(entry.content)
    if not (entry.title or entry.summary or entry.content):
        element.description(fixes.required(""))
    # No scheme: npm's rss-parser does not read a category that has a domain.
    labels = dict.fromkeys(each.label for each in entry.categories)
    element.category([{"term": label} for label in labels])
    element.comments(entry.comments)
    # RSS allows one enclosure per item.
    for enclosure in entry.enclosures[:1]:
        element.enclosure(enclosure.url, enclosure.length, enclosure.type)
    return element


def channel(feed: Feed) -> FeedGenerator:
    """Build a channel without items from a cleaned feed."""
    element = fixes.feed_generator(feed, Format.RSS)
    element.title(fixes.required(feed.title))
    element.description(fixes.required(feed.subtitle))
    element.link({"href": feed.self_url, "rel": "self", "type": "application/rss+xml"})
    # feedgen uses the last link of any kind for the channel.
    element.link({"href": fixes.required(feed.link), "rel": "alternate"})
    element.language(feed.language)
    element.rights(feed.rights)
    element.generator(feed.generator)
    element.ttl(feed.ttl)
    for editor in _contacts(feed.authors)[:1]:
        element.managingEditor(editor)
    if feed.image and feed.show:
        # Artwork is larger than what the profile allows; without a size, validators accept it, and
        # clients that do not know itunes:image show it.
        element.image(feed.image.url)
    elif feed.image and _is_image(feed.image):
        element.image(
            feed.image.url,
            width=feed.image.width and str(feed.image.width),
            height=feed.image.height and str(feed.image.height),
        )
    return element


@cache
def _frame(is_show: bool) -> Frame:
    prefixes = {**registry.of_entries(Format.RSS, is_show), **registry.RSS_PREFIXES}
    return Frame(("rss", "channel"), prefixes)


def _contacts(authors: Sequence[Person]) -> list[str]:
    """Write people with an email address as `a@example.org (Name)` (RFC 822 3.4.3, comments)."""
    return [
        f"{each.email} ({_SPECIAL_IN_COMMENT.sub(_QUOTED, each.name)})"
        for each in authors
        if each.email
    ]


def _is_image(image: Image) -> bool:
    return (
        _QUERY.sub("", image.url).lower().endswith(_IMAGE_ENDINGS)
        and (image.width or 0) <= _IMAGE_WIDTH
        and (image.height or 0) <= _IMAGE_HEIGHT
    )
