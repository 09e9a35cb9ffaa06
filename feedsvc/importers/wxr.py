"""Reads WordPress exports (WXR), post by post, in the memory of one post.

An export is read twice: the posts name authors and pictures that stand elsewhere in it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

from feedsvc import dates, html
from feedsvc.errors import Problem
from feedsvc.importers import texts, wpcontent, wpstatus
from feedsvc.importers.item import Hints, Item, LeftOut, Reading, item_warning, of_item
from feedsvc.importers.stream import Stream
from feedsvc.importers.xmlitems import Element, elements, local, text
from feedsvc.model import Enclosure, Person

_ITEMS = frozenset({"item"})
_HEADS = frozenset({"item", "author"})
_KEPT = frozenset({"language"})
_DROPPED = frozenset({"comment"})
_NEVER = re.compile(r"0000-00-00|-0001\b")
_WIDEST = timedelta(hours=14)  # that an offset from UTC can be


@dataclass(frozen=True, slots=True)
class Lookup:
    """What posts refer to. names: of authors by login. files: URLs of attachments by number."""

    names: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def look_up(source: str, stream: Stream) -> Lookup:
    """Read the authors and attachments of an export, as far as it can be read."""
    lookup = Lookup()
    for element in elements(source, stream, _HEADS, _KEPT, _DROPPED):
        if isinstance(element, Problem):
            continue
        post = _Post(element)
        if local(element) == "author":
            lookup.names[post.text("author_login")] = post.text("author_display_name")
        elif post.text("post_type") == "attachment":
            lookup.files[post.text("post_id")] = post.text("attachment_url")
    return lookup


def read(source: str, stream: Stream, lookup: Lookup, hints: Hints) -> Reading:
    """Yield the posts of an export in its order, and its pages where the hints ask for them."""
    language, number = "", 0
    for element in elements(source, stream, _HEADS, _KEPT, _DROPPED):
        if isinstance(element, Problem):
            yield element
            continue
        # It stands before everything else, and is freed with the first element that was read.
        language = language or (element.getparent().findtext("language") or "")
        if local(element) in _ITEMS:
            number += 1
            yield from _found(source, number, _Post(element), lookup, hints, language)


class _Post:
    """The children of an item by local name, which in exports are clear enough."""

    def __init__(self, element: Element) -> None:
        self.line = element.sourceline or 0
        self.children: dict[str, list[Element]] = {}
        for child in element:
            if isinstance(child.tag, str):
                name = local(child)
                if name == "encoded":  # `content:encoded` or `excerpt:encoded`
                    is_excerpt = "/excerpt" in child.tag
                    name = "excerpt" if is_excerpt else "content"
                self.children.setdefault(name, []).append(child)

    def text(self, name: str) -> str:
        """Return the text of the first child of this name; '' where there is none."""
        found = self.children.get(name)
        return text(found[0]) if found else ""

    def texts(self, *names: str) -> list[str]:
        """Return the texts of all children of these names."""
        return [text(each) for name in names for each in self.children.get(name, ())]

    def meta(self, key: str) -> list[str]:
        """Return the values of the postmeta with a key."""
        pairs = [_Post(each) for each in self.children.get("postmeta", ())]
        return [pair.text("meta_value") for pair in pairs if pair.text("meta_key") == key]


def _found(
    source: str, number: int, post: _Post, lookup: Lookup, hints: Hints, language: str
) -> Reading:
    if reason := _left_out(post, hints):
        yield LeftOut(reason)
        return
    try:
        yield _item(source, number, post, lookup, hints, language)
    except dates.DateError as error:
        message = f"has a bad date: {error}"
        yield of_item(source, post.line, number, "bad-source-date", message)


def _left_out(post: _Post, hints: Hints) -> str:
    """Return what kind of thing this is if it is no article for the public; '' if it is one."""
    kind = post.text("post_type") or "post"
    if kind not in {"post", *(["page"] if hints.pages else [])}:
        return kind
    return wpstatus.left_out(post.texts(*wpstatus.STATUS), post.texts(wpstatus.PASSWORD))


def _item(
    source: str, number: int, post: _Post, lookup: Lookup, hints: Hints, language: str
) -> Item:
    published = _date(post, "post_date", hints)
    if not published and not _NEVER.search(post.text("pubDate")):
        published = texts.date(post.text("pubDate"), hints)
    written = post.text("content")
    before = html.split_more(written)
    excerpt = post.text("excerpt") or (wpcontent.to_html(before) if before else "")
    link = post.text("link")
    thumbnail = next(iter(post.meta("_thumbnail_id")), "")
    login = post.text("creator")
    name = texts.plain(lookup.names.get(login) or login)
    return hints.complete(
        Item(
            source,
            post.line,
            number,
            id=post.text("guid") or link,
            seed="\n".join([link, post.text("guid"), post.text("post_id")]),
            title=texts.plain(post.text("title")),
            published=published,
            updated=_date(post, "post_modified", hints),
            slug=unquote(post.text("post_name")),
            link=link,
            body=wpcontent.to_html(written),
            base=link,
            summary=texts.plain(excerpt),
            categories=_labels(post, "category"),
            tags=_labels(post, "post_tag"),
            authors=(Person(name),) if name else (),
            language=language,
            image=lookup.files.get(thumbnail, ""),
            enclosures=tuple(map(_enclosure, post.meta("enclosure"))),
            draft=wpstatus.is_draft(
                post.texts(*wpstatus.STATUS), published or hints.date, hints.now
            ),
            remarks=tuple(_remarks(source, number, post, written)),
        )
    )


def _remarks(source: str, number: int, post: _Post, body: str) -> Iterator[Problem]:
    if name := wpcontent.shortcode(body):
        message = f"has the shortcode [{name}], which is left as it stands: replace it"
        yield item_warning(source, post.line, number, "shortcode", message)


def _labels(post: _Post, domain: str) -> tuple[str, ...]:
    found = post.children.get("category", ())
    return tuple(texts.plain(text(each)) for each in found if each.get("domain") == domain)


def _date(post: _Post, name: str, hints: Hints) -> datetime | None:
    """Return a date with the offset that the site had; None where WordPress has only zeros.

    WordPress stores local time and UTC beside each other. Raises DateError.
    """
    local_text, utc_text = post.text(name), post.text(f"{name}_gmt")
    local_time = None if _is_never(local_text) else dates.parse(local_text, UTC, {})
    if _is_never(utc_text):
        return local_time and dates.parse(local_text, hints.zone, {})
    utc = dates.parse(utc_text, UTC, {})
    offset = local_time - utc if local_time else timedelta()
    is_real = abs(offset) <= _WIDEST and not offset % timedelta(minutes=15)
    return utc.astimezone(timezone(offset)) if is_real else utc


def _is_never(written: str) -> bool:
    return not written or _NEVER.search(written) is not None


def _enclosure(value: str) -> Enclosure:
    """Read the lines in which WordPress keeps an enclosure: URL, length, type."""
    url, length, kind = [*map(str.strip, value.split("\n")), "", "", ""][:3]
    return Enclosure(url, kind, int(length) if re.fullmatch(r"[0-9]{1,15}", length) else 0)
