"""Converts WordPress posts, from an export or a database, to items. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from urllib.parse import unquote

from feedsvc import dates, html
from feedsvc.errors import Problem
from feedsvc.importers import texts, wpcontent, wpstatus
from feedsvc.importers.item import Hints, Item, Origin
from feedsvc.model import Enclosure, Person

_ZERO_DATE = re.compile(r"0000-00-00|-0001\b")
_MAX_OFFSET = timedelta(hours=14)
_IMAGE = re.compile(r"(?i)\.(?:jpe?g|png|gif|webp|avif|svg)(?:\?|$)")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a site. caption: raw HTML. order: its position among its post's attachments."""

    url: str
    caption: str
    order: int


@dataclass(frozen=True, slots=True)
class Post:
    """A post with the values that WordPress stores.

    name: the slug, percent-encoded. author: the display name. dates: the time of publication, local
    and in UTC. modified: the same for the last edit. metadata: the values of each key. stated: the
    date of publication if `dates` are missing. categories, tags: raw HTML.
    """

    number: str
    guid: str
    link: str
    title: str
    content: str
    excerpt: str
    name: str
    statuses: tuple[str, ...]
    author: str
    dates: tuple[str, str]
    modified: tuple[str, str]
    metadata: Mapping[str, Sequence[str]]
    stated: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def first(self, key: str) -> str:
        """Return the first value of a metadata key; '' if there is none."""
        return next(iter(self.metadata.get(key, ())), "")


@dataclass(frozen=True, slots=True)
class Attachments:
    """Attachments by number, and those of each post by the number of the post."""

    by_number: dict[str, Attachment] = field(default_factory=dict)
    in_posts: dict[str, list[Attachment]] = field(default_factory=dict)

    def add(self, number: str, post: str, attachment: Attachment) -> None:
        """Add an attachment. post: the number of the post that it was uploaded to."""
        self.by_number[number] = attachment
        self.in_posts.setdefault(post, []).append(attachment)

    def images(self, post: str, numbers: list[str]) -> list[tuple[str, str]]:
        """Return the URLs and captions of the images with these numbers, or of all in a post."""
        if numbers:
            found = [self.by_number[each] for each in numbers if each in self.by_number]
        else:
            found = sorted(self.in_posts.get(post, ()), key=lambda each: each.order)
        return [(each.url, each.caption) for each in found if _IMAGE.search(each.url)]

    def url(self, number: str) -> str:
        """Return the URL of an attachment; '' if there is none with this number."""
        found = self.by_number.get(number)
        return found.url if found else ""


def item(
    origin: Origin, post: Post, attachments: Attachments, hints: Hints, language: str = ""
) -> Item:
    """Return the item of a post. Raises DateError."""
    published = _date(post.dates, hints)
    if not published and not _ZERO_DATE.search(post.stated):
        published = texts.date(post.stated, hints)
    images = partial(attachments.images, post.number)
    body = wpcontent.to_html(post.content, images, post.first("footnotes"))
    before_more = html.split_more(post.content)
    excerpt = post.excerpt or (wpcontent.to_html(before_more) if before_more else "")
    author = texts.plain(post.author)
    return Item(
        origin,
        id=post.guid or post.link,
        seed="\n".join([post.link, post.guid, post.number]),
        title=texts.plain(post.title),
        published=published,
        updated=_date(post.modified, hints),
        slug=unquote(post.name),
        link=post.link,
        body=body,
        base=post.link,
        summary=texts.plain(excerpt),
        categories=tuple(map(texts.plain, post.categories)),
        tags=tuple(map(texts.plain, post.tags)),
        authors=(Person(author),) if author else (),
        language=language,
        image=attachments.url(post.first("_thumbnail_id")),
        enclosures=tuple(map(_enclosure, post.metadata.get("enclosure", ()))),
        draft=wpstatus.is_draft(post.statuses, published or hints.date, hints.now),
        warnings=tuple(_warnings(origin, body)),
    )


def _warnings(origin: Origin, body: str) -> Iterator[Problem]:
    if found := wpcontent.left_over(body):
        message = f"has {found[:60]}, which only WordPress can fill: replace it"
        yield origin.warning("shortcode", message)


def _date(stored: tuple[str, str], hints: Hints) -> datetime | None:
    """Return a date with the site's offset at that time; None if it consists of zeros.

    WordPress stores both local time and UTC. Raises DateError.
    """
    local_text, utc_text = stored
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
