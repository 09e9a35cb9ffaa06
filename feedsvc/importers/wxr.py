"""Reads WordPress exports (WXR) post by post, with one post in memory at a time.

An export is read twice, because posts refer to authors and attachments elsewhere in the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from urllib.parse import unquote

from feedsvc import dates, html
from feedsvc.errors import Problem
from feedsvc.importers import texts, wpcontent, wpstatus
from feedsvc.importers.item import Hints, Item, Origin, ParseResults, Skipped
from feedsvc.importers.stream import Stream
from feedsvc.importers.xmlitems import Element, Fields, elements, local, text
from feedsvc.model import Enclosure, Person

_ELEMENTS = (frozenset({"item", "author"}), frozenset({"language"}), frozenset({"comment"}))
_ZERO_DATE = re.compile(r"0000-00-00|-0001\b")
_MAX_OFFSET = timedelta(hours=14)
_MAX_CAPTION = 1000  # characters
_IMAGE = re.compile(r"(?i)\.(?:jpe?g|png|gif|webp|avif|svg)(?:\?|$)")
_NOT_IN_LOGINS = re.compile(r"[<>]")  # WordPress removes them


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a site. caption: raw HTML. order: its place among those of its post."""

    url: str
    caption: str
    order: int


@dataclass(frozen=True, slots=True)
class Lookup:
    """The targets of references in posts: author names by login, attachments by number.

    in_posts: the attachments of each post, by its number.
    """

    authors: dict[str, str] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    in_posts: dict[str, list[Attachment]] = field(default_factory=dict)

    def images(self, post: str, numbers: list[str]) -> list[tuple[str, str]]:
        """Return the URLs and captions of the images with these numbers, or of all in a post."""
        if numbers:
            found = [self.attachments[each] for each in numbers if each in self.attachments]
        else:
            found = sorted(self.in_posts.get(post, ()), key=lambda each: each.order)
        return [(each.url, each.caption) for each in found if _IMAGE.search(each.url)]


def look_up(source: str, stream: Stream) -> Lookup:
    """Read the authors and attachments of an export, up to the first syntax error."""
    lookup = Lookup()
    for element in elements(source, stream, *_ELEMENTS):
        if isinstance(element, Problem):
            continue
        fields = Fields(element, _name)
        if local(element) == "author":
            lookup.authors[fields.text("author_login")] = fields.text("author_display_name")
        elif fields.text("post_type") == "attachment":
            attachment = Attachment(
                fields.text("attachment_url"),
                fields.text("excerpt")[:_MAX_CAPTION],
                texts.length(fields.text("menu_order")),
            )
            lookup.attachments[fields.text("post_id")] = attachment
            lookup.in_posts.setdefault(fields.text("post_parent"), []).append(attachment)
    return lookup


def read(source: str, stream: Stream, lookup: Lookup, hints: Hints) -> ParseResults:
    """Yield the posts of an export in order, and its pages if the hints ask for them."""
    language, number = "", 0
    for element in elements(source, stream, *_ELEMENTS):
        if isinstance(element, Problem):
            yield element
            continue
        # The language precedes the items, and is freed with the first of them.
        language = language or (element.getparent().findtext("language") or "")
        if local(element) != "item":
            continue
        number += 1
        post = Fields(element, _name)
        if reason := _skip_reason(post, hints):
            yield Skipped(reason)
            continue
        origin = Origin(source, element.sourceline or 0, number)
        try:
            yield _item(origin, post, lookup, hints, language)
        except dates.DateError as error:
            yield origin.problem("bad-source-date", f"has a bad date: {error}")


def _name(element: Element) -> str:
    """Return the local name, which is unambiguous except for `encoded`."""
    name = local(element)
    if name != "encoded":
        return name
    return "excerpt" if "/excerpt" in element.tag else "content"


def _skip_reason(post: Fields, hints: Hints) -> str:
    kind = post.text("post_type") or "post"
    if kind not in hints.kinds():
        return kind
    return wpstatus.skip_reason(post.texts(*wpstatus.STATUS), post.texts(wpstatus.PASSWORD))


def _item(origin: Origin, post: Fields, lookup: Lookup, hints: Hints, language: str) -> Item:
    published = _date(post, "post_date", hints)
    if not published and not _ZERO_DATE.search(post.text("pubDate")):
        published = texts.date(post.text("pubDate"), hints)
    stored = post.text("content")
    images = partial(lookup.images, post.text("post_id"))
    body = wpcontent.to_html(stored, images, next(_metadata(post, "footnotes"), ""))
    before_more = html.split_more(stored)
    excerpt = post.text("excerpt") or (wpcontent.to_html(before_more) if before_more else "")
    link = post.text("link")
    thumbnail = next(_metadata(post, "_thumbnail_id"), "")
    login = _NOT_IN_LOGINS.sub("", post.text("creator"))
    author = texts.plain(lookup.authors.get(login) or login)
    return hints.complete(
        Item(
            origin,
            id=post.text("guid") or link,
            seed="\n".join([link, post.text("guid"), post.text("post_id")]),
            title=texts.plain(post.text("title")),
            published=published,
            updated=_date(post, "post_modified", hints),
            slug=unquote(post.text("post_name")),
            link=link,
            body=body,
            base=link,
            summary=texts.plain(excerpt),
            categories=_labels(post, "category"),
            tags=_labels(post, "post_tag"),
            authors=(Person(author),) if author else (),
            language=language,
            image=lookup.attachments[thumbnail].url if thumbnail in lookup.attachments else "",
            enclosures=tuple(map(_enclosure, _metadata(post, "enclosure"))),
            draft=wpstatus.is_draft(
                post.texts(*wpstatus.STATUS), published or hints.date, hints.now
            ),
            warnings=tuple(_warnings(origin, body)),
        )
    )


def _metadata(post: Fields, key: str) -> Iterator[str]:
    """Yield the values of the postmeta with a key."""
    for element in post.all("postmeta"):
        pair = Fields(element, local)
        if pair.text("meta_key") == key:
            yield pair.text("meta_value")


def _warnings(origin: Origin, body: str) -> Iterator[Problem]:
    if found := wpcontent.left_over(body):
        message = f"has {found[:60]}, which only WordPress can fill: replace it"
        yield origin.warning("shortcode", message)


def _labels(post: Fields, domain: str) -> tuple[str, ...]:
    return tuple(
        texts.plain(text(category))
        for category in post.all("category")
        if category.get("domain") == domain
    )


def _date(post: Fields, name: str, hints: Hints) -> datetime | None:
    """Return a date with the site's offset at that time; None if it consists of zeros.

    WordPress stores both local time and UTC. Raises DateError.
    """
    local_text, utc_text = post.text(name), post.text(f"{name}_gmt")
    local_time = None if _is_missing(local_text) else dates.parse(local_text, UTC, {})
    if _is_missing(utc_text):
        return local_time and dates.parse(local_text, hints.zone, {})
    utc = dates.parse(utc_text, UTC, {})
    offset = local_time - utc if local_time else timedelta()
    is_real = abs(offset) <= _MAX_OFFSET and not offset % timedelta(minutes=15)
    return utc.astimezone(timezone(offset)) if is_real else utc


def _is_missing(date: str) -> bool:
    return not date or _ZERO_DATE.search(date) is not None


def _enclosure(value: str) -> Enclosure:
    """Parse an enclosure as WordPress stores it: URL, length and type on lines of their own."""
    url, length, media_type = [*map(str.strip, value.split("\n")), "", "", ""][:3]
    return Enclosure(url, media_type, texts.length(length))
