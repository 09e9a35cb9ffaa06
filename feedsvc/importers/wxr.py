"""Reads WordPress exports (WXR) post by post, with one post in memory at a time.

An export is read twice, because posts refer to authors and attachments elsewhere in the file.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from feedsvc.dates import DateError
from feedsvc.errors import Problem
from feedsvc.importers import texts, wppost, wpstatus
from feedsvc.importers.item import Hints, Item, Origin, ParseResults, Skipped
from feedsvc.importers.stream import Stream
from feedsvc.importers.wppost import Attachment, Attachments, Post
from feedsvc.importers.xmlitems import Element, Fields, elements, local, text

_ELEMENTS = (frozenset({"item", "author"}), frozenset({"language"}), frozenset({"comment"}))
_MAX_CAPTION = 1000  # characters
_NOT_IN_LOGINS = re.compile(r"[<>]")  # WordPress removes them


@dataclass(frozen=True, slots=True)
class Lookup:
    """The targets of references in posts: author names by login, and attachments."""

    authors: dict[str, str] = field(default_factory=dict)
    attachments: Attachments = field(default_factory=Attachments)


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
            numbers = fields.text("post_id"), fields.text("post_parent")
            lookup.attachments.add(*numbers, attachment)
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
        except DateError as error:
            yield origin.failure(error)


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
    metadata: dict[str, list[str]] = defaultdict(list)
    for element in post.all("postmeta"):
        pair = Fields(element, local)
        metadata[pair.text("meta_key")].append(pair.text("meta_value"))
    login = _NOT_IN_LOGINS.sub("", post.text("creator"))
    stored = Post(
        number=post.text("post_id"),
        guid=post.text("guid"),
        link=post.text("link"),
        title=post.text("title"),
        content=post.text("content"),
        excerpt=post.text("excerpt"),
        name=post.text("post_name"),
        statuses=tuple(post.texts(*wpstatus.STATUS)),
        author=lookup.authors.get(login) or login,
        dates=(post.text("post_date"), post.text("post_date_gmt")),
        modified=(post.text("post_modified"), post.text("post_modified_gmt")),
        stated=post.text("pubDate"),
        categories=_labels(post, "category"),
        tags=_labels(post, "post_tag"),
        metadata=metadata,
    )
    return wppost.item(origin, stored, lookup.attachments, hints, language)


def _labels(post: Fields, domain: str) -> tuple[str, ...]:
    return tuple(
        text(category) for category in post.all("category") if category.get("domain") == domain
    )
