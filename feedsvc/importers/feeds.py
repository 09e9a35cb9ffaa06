"""Reads all versions of RSS and Atom, with one item in memory at a time.

Ids are not normalised: feed readers compare them character by character.
"""

import copy
import re
from collections.abc import Iterator
from html import escape

from lxml import etree

from feedsvc import syntax, urls
from feedsvc.dates import DateError
from feedsvc.errors import Problem
from feedsvc.importers import podcasts, texts, wpstatus
from feedsvc.importers.item import (
    Hints,
    Item,
    Origin,
    ParseResult,
    ParseResults,
    Refused,
    Show,
    Skipped,
)
from feedsvc.importers.prefixes import PREFIXES, prefixed
from feedsvc.importers.stream import Stream
from feedsvc.importers.xmlitems import Element, Fields, elements, local, text
from feedsvc.model import Enclosure, Person

_ITEMS = frozenset({"item", "entry"})
_METADATA = frozenset({"link", "id", "language", "author"}) | podcasts.METADATA

_WP_STATUS = tuple(f"wp:{name}" for name in wpstatus.STATUS)
_WP_PASSWORD = f"wp:{wpstatus.PASSWORD}"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_BLOGGER_KIND = "http://schemas.google.com/g/2005#kind"
_EMPTY = re.compile(r"(?:\s|&nbsp;|\xa0|</?(?:div|p|span|br)\b[^<>]*>)*")
_EMAIL_AND_NAME = re.compile(r"([^\s()@]+@[^\s()@]+)\s*\(([^()]*)\)")
_TEXT_TYPES = {"text", "text/plain"}


def read(source: str, stream: Stream, hints: Hints) -> ParseResults:
    """Yield the items of a feed, in order."""
    metadata: _Metadata | None = None
    number = 0
    for element in elements(source, stream, _ITEMS, _METADATA):
        if isinstance(element, Problem):
            yield element
            continue
        if metadata is None:
            metadata = _Metadata(element)
            if metadata.show:
                yield Show(metadata.show)
        number += 1
        yield _parse(Origin(source, element.sourceline or 0, number), element, metadata, hints)


class _Metadata:
    """The metadata of a feed that precedes its first item."""

    def __init__(self, item: Element) -> None:
        parent = item.getparent()
        fields = Fields(next(parent.iterchildren("{*}channel"), parent), prefixed)
        self.link = fields.text("link") or _link(fields)
        self.id = fields.text("atom:id") or self.link
        self.language = fields.text("language", "dc:language")
        self.authors = tuple(_atom_authors(fields))
        self.show = podcasts.settings(fields)


def _parse(origin: Origin, element: Element, feed: _Metadata, hints: Hints) -> ParseResult:
    fields = Fields(element, prefixed)
    kind = _blogger_kind(fields)
    if kind not in hints.kinds():
        return Skipped(kind)
    statuses = fields.texts(*_WP_STATUS)
    if reason := wpstatus.skip_reason(statuses, fields.texts(_WP_PASSWORD)):
        return Skipped(reason)
    link = _item_link(fields)
    identity = fields.text("guid", "atom:id") or element.get(_RDF_ABOUT, "").strip() or link
    title = _plain(fields.first("title", "atom:title", "dc:title"))
    body, base, summary, only_summary = _content(fields)
    remote = _remote_content(fields)
    if remote:
        body += f'<p><a href="{escape(remote)}">{escape(remote)}</a></p>'
    seed = "\n".join([feed.id, identity or title + body])
    try:
        published = texts.date(
            fields.text("pubDate", "atom:published", "atom:issued", "dc:date", "dcterms:created")
            or fields.text("atom:updated", "atom:modified"),
            hints,
        )
        modified = fields.text("atom:updated", "atom:modified", "dcterms:modified")
        updated = texts.date(modified, hints)
    except DateError as error:
        return Refused(identity, seed, origin.failure(error))
    labels, image = list(_labels(fields)), _image(fields)
    base = urls.resolve(link or feed.link, base)
    return Item(
        origin,
        id=identity,
        seed=seed,
        title=title,
        published=published,
        updated=updated,
        slug=texts.last_segment(link),
        link=link,
        body=body,
        base=base,
        summary=summary,
        only_summary=only_summary,
        categories=tuple(label for label, is_tag in labels if not is_tag),
        tags=tuple(label for label, is_tag in labels if is_tag),
        authors=tuple(_rss_authors(fields)) or tuple(_atom_authors(fields)) or feed.authors,
        language=_language(element) or fields.text("dc:language") or feed.language,
        image=image,
        episode=podcasts.episode(fields, title, image, base),
        enclosures=tuple(_enclosures(fields)),
        draft=_is_draft(fields) or wpstatus.is_draft(statuses, published or hints.date, hints.now),
        warnings=tuple(_warnings(origin, _is_atom(element), body, remote)),
    )


def _warnings(origin: Origin, is_atom: bool, body: str, remote: str) -> Iterator[Problem]:
    """Yield warnings about missing text, which RSS allows and Atom does not."""
    if remote:
        message = f"has its text elsewhere, at {remote[:200]}; it became a link: write the text"
        yield origin.warning("empty-text", message)
    elif is_atom and _EMPTY.fullmatch(body):
        yield origin.warning("empty-text", "has a title but no readable text; write the text")


def _remote_content(fields: Fields) -> str:
    """Return the URL of content that is not in the entry (RFC 4287 4.1.3.2)."""
    for content in fields.all("atom:content"):
        url = urls.resolve(content.base or "", content.get("src", "").strip())
        if url and not (text(content) or len(content)):
            return url
    return ""


def _blogger_kind(fields: Fields) -> str:
    """Return the kind of a Blogger entry; `post` for other feeds."""
    if fields.text("blogger:status") in {"SOFT_TRASHED", "TRASHED"}:
        return "trash"
    if kind := fields.text("blogger:type"):
        return kind.lower()
    for category in fields.all("atom:category"):
        if category.get("scheme") == _BLOGGER_KIND:
            return str(category.get("term", "")).rpartition("#")[2] or "post"
    return "post"


def _is_draft(fields: Fields) -> bool:
    """Return whether an entry is marked as a draft (RFC 5023 13.1.1)."""
    control = fields.first("app:control")
    is_marked = control is not None and Fields(control, prefixed).text("app:draft") == "yes"
    return is_marked or fields.text("blogger:status") == "DRAFT"


def _item_link(fields: Fields) -> str:
    link = fields.text("feedburner:origLink", "link") or _link(fields)
    guid = fields.first("guid")
    if link or guid is None or guid.get("isPermaLink", "true") != "true":
        return link
    return text(guid) if syntax.is_url(text(guid)) else ""


def _link(fields: Fields) -> str:
    for link in fields.all("atom:link"):
        if link.get("rel", "alternate") == "alternate":
            return urls.resolve(link.base or "", link.get("href", ""))
    return ""


def _language(element: Element) -> str:
    ancestors = (element, *element.iterancestors())
    return next((str(found) for each in ancestors if (found := each.get(_LANG))), "")


def _content(fields: Fields) -> tuple[str, str, str, bool]:
    """Return the body, its xml:base, the summary, and whether the body is only a summary.

    A description without content is the whole article if it has block elements or images.
    """
    content = fields.first("content:encoded", "atom:content")
    summary = fields.first("description", "atom:summary", "itunes:summary", "dc:description")
    if content is not None:
        return _markup(content), content.base or "", _plain(summary), False
    if summary is None:
        return "", "", "", False
    body = _markup(summary)
    has_blocks = texts.has_blocks(body)
    only_summary = local(summary) == "summary" or not has_blocks
    short = _plain(summary) if only_summary else ""
    return body if has_blocks else f"<p>{body}</p>", summary.base or "", short, only_summary


def _plain(element: Element | None) -> str:
    """Return a text construct as plain text."""
    if element is None:
        return ""
    if not _is_atom(element):
        return texts.title(text(element))
    if element.get("type", "text") in _TEXT_TYPES:
        return " ".join(text(element).split())
    return texts.plain(_markup(element))


def _markup(element: Element) -> str:
    """Return a text construct as raw HTML (RFC 4287 3.1, 4.1.3)."""
    media_type = element.get("type", "text") if _is_atom(element) else "html"
    if "xhtml" in media_type or element.get("mode") == "xml":
        return _xhtml(element)
    if media_type in _TEXT_TYPES and element.get("mode") != "escaped":
        return texts.paragraphs(text(element))
    return text(element) if media_type in {"html", "text/html", *_TEXT_TYPES} else ""


def _is_atom(element: Element) -> bool:
    return PREFIXES.get(etree.QName(element).namespace) == "atom:"


def _xhtml(element: Element) -> str:
    element = copy.deepcopy(element)
    for child in element.iter(etree.Element):
        child.tag = local(child)
    etree.cleanup_namespaces(element)
    inner = [etree.tostring(child, encoding="unicode", method="html") for child in element]
    return (element.text or "") + "".join(inner)


def _labels(fields: Fields) -> Iterator[tuple[str, bool]]:
    """Yield each label, and whether its scheme marks it as a tag."""
    for category in fields.all("category", "dc:subject"):
        is_tag = category.get("domain", "").rstrip("/").endswith("/tag")
        yield texts.title(text(category)), is_tag
    for category in fields.all("atom:category"):
        scheme = category.get("scheme", "")
        if scheme != _BLOGGER_KIND:
            label = category.get("label") or category.get("term", "")
            yield label, scheme.rstrip("/").endswith("/tag")


def _rss_authors(fields: Fields) -> Iterator[Person]:
    authors = fields.texts("author") or [fields.text("itunes:author")]
    for name in fields.texts("dc:creator") or authors:
        match = _EMAIL_AND_NAME.fullmatch(name)
        if match and match[2].strip():
            yield Person(match[2].strip(), match[1])
        elif name:
            yield Person(texts.title(name))


def _atom_authors(fields: Fields) -> Iterator[Person]:
    for author in fields.all("atom:author"):
        person = Fields(author, prefixed)
        name, email = person.text("atom:name"), person.text("atom:email")
        if name or email:
            yield Person(name or email, email or None, person.text("atom:uri", "atom:url") or None)


def _image(fields: Fields) -> str:
    for media in fields.all("media:thumbnail", "media:content", "itunes:image"):
        is_image = media.get("medium") == "image" or media.get("type", "").startswith("image/")
        if local(media) != "content" or is_image:
            return str(media.get("url") or media.get("href") or "")
    return ""


def _enclosures(fields: Fields) -> Iterator[Enclosure]:
    links = [link for link in fields.all("atom:link") if link.get("rel") == "enclosure"]
    for enclosure in [*fields.all("enclosure"), *links]:
        yield Enclosure(
            (enclosure.get("url") or enclosure.get("href") or "").strip(),
            enclosure.get("type", "").strip(),
            texts.length(enclosure.get("length", "").strip()),
        )
