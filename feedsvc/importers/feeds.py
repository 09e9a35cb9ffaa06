"""Reads RSS of all versions and Atom, item by item, in the memory of one item.

Each element is taken as it stands: an id must come out character by character as readers know it.
"""

import copy
import re
from collections.abc import Iterator
from html import escape

from lxml import etree

from feedsvc import dates, syntax, urls
from feedsvc.errors import Problem
from feedsvc.importers import texts, wpstatus
from feedsvc.importers.item import Found, Hints, Item, LeftOut, Reading, item_warning, of_item
from feedsvc.importers.stream import Stream
from feedsvc.importers.xmlitems import Element, elements, local, text
from feedsvc.model import Enclosure, Person

ITEMS = frozenset({"item", "entry"})
_HEAD = frozenset({"link", "id", "language", "author"})  # what a feed says of itself

_FAMILIES = {
    None: "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://channel.netscape.com/rdf/simple/0.9/": "",
    "http://backend.userland.com/rss2": "",
    "http://www.w3.org/2005/Atom": "atom:",
    "http://purl.org/atom/ns#": "atom:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/rss/1.0/modules/content/": "content:",
    "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "http://www.w3.org/2007/app": "app:",
    "http://purl.org/atom/app#": "app:",
    "http://schemas.google.com/blogger/2018": "blogger:",
}
_WP_STATUS = tuple(f"wp:{name}" for name in wpstatus.STATUS)
_WP_PASSWORD = f"wp:{wpstatus.PASSWORD}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_BLOGGER_KIND = "http://schemas.google.com/g/2005#kind"
_EMPTY = re.compile(r"(?:\s|&nbsp;|\xa0|</?(?:div|p|span|br)\b[^<>]*>)*")
_MAIL_AND_NAME = re.compile(r"([^\s()@]+@[^\s()@]+)\s*\(([^()]*)\)")


class Fields:
    """The children of an element by name: `title`, `dc:creator`, `atom:id`."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self._children: dict[str, list[Element]] = {}
        for child in element:
            if isinstance(child.tag, str):
                family = _family(etree.QName(child).namespace)
                self._children.setdefault(family + local(child), []).append(child)

    def all(self, *names: str) -> list[Element]:
        """Return the children of these names, those of the first name first."""
        return [child for name in names for child in self._children.get(name, ())]

    def first(self, *names: str) -> Element | None:
        """Return the first child of these names that holds anything."""
        found = self.all(*names)
        return next((child for child in found if text(child) or len(child)), None)

    def texts(self, *names: str) -> list[str]:
        """Return the texts of all children of these names, also empty ones."""
        return [text(child) for child in self.all(*names)]

    def text(self, *names: str) -> str:
        """Return the first text under these names that is not empty."""
        return next((found for child in self.all(*names) if (found := text(child))), "")


def _family(namespace: str | None) -> str:
    """Return the prefix under which `Fields` has the elements of a namespace."""
    return _FAMILIES.get(namespace, "wp:" if wpstatus.is_namespace(namespace) else "?")


def read(source: str, stream: Stream, hints: Hints) -> Reading:
    """Yield the items of a feed, in its order."""
    head: _Head | None = None
    number = 0
    for element in elements(source, stream, ITEMS, _HEAD):
        if isinstance(element, Problem):
            yield element
            continue
        head = head or _Head(element)
        number += 1
        yield _found(source, number, element, head, hints)


class _Head:
    """What a feed says of itself, as far as it stands before its first item."""

    def __init__(self, item: Element) -> None:
        above = item.getparent()
        channel = next((each for each in above if _name(each) == "channel"), above)
        fields = Fields(channel)
        self.link = fields.text("link") or _link(fields)
        self.id = fields.text("atom:id") or self.link
        self.language = fields.text("language", "dc:language")
        self.authors = tuple(_atom_authors(fields))


def _found(source: str, number: int, element: Element, head: _Head, hints: Hints) -> Found:
    fields = Fields(element)
    kind = _blogger_kind(fields)
    if kind not in {"post", *(["page"] if hints.pages else [])}:
        return LeftOut(kind)
    statuses, passwords = fields.texts(*_WP_STATUS), fields.texts(_WP_PASSWORD)
    if reason := wpstatus.left_out(statuses, passwords):
        return LeftOut(reason)
    link = _item_link(fields)
    written = fields.text("guid", "atom:id") or element.get(_RDF_ABOUT, "").strip() or link
    title = _text_of(fields.first("title", "atom:title", "dc:title"))
    place = (source, element.sourceline or 0, number)
    try:
        published = texts.date(
            fields.text("pubDate", "atom:published", "atom:issued", "dc:date", "dcterms:created")
            or fields.text("atom:updated", "atom:modified"),
            hints,
        )
        updated = texts.date(
            fields.text("atom:updated", "atom:modified", "dcterms:modified"), hints
        )
    except dates.DateError as error:
        return of_item(*place, "bad-source-date", f"has a bad date: {error}")
    body, base, summary, only_summary = _content(fields)
    src = _src(fields)
    if src:
        body += f'<p><a href="{escape(src)}">{escape(src)}</a></p>'
    labels = list(_labels(fields))
    return hints.complete(
        Item(
            *place,
            id=written,
            seed="\n".join([head.id, written or title + body]),
            title=title,
            published=published,
            updated=updated,
            slug=texts.path_words(link),
            link=link,
            body=body,
            base=urls.resolve(link or head.link, base),
            summary=summary,
            only_summary=only_summary,
            categories=tuple(label for label, is_tag in labels if not is_tag),
            tags=tuple(label for label, is_tag in labels if is_tag),
            authors=tuple(_rss_authors(fields)) or tuple(_atom_authors(fields)) or head.authors,
            language=_language(element) or fields.text("dc:language") or head.language,
            image=_image(fields),
            enclosures=tuple(_enclosures(fields)),
            draft=_is_draft(fields)
            or wpstatus.is_draft(statuses, published or hints.date, hints.now),
            remarks=tuple(_remarks(place, element, body, src)),
        )
    )


def _remarks(place: tuple[str, int, int], entry: Element, body: str, src: str) -> Iterator[Problem]:
    """Yield what an entry of Atom lacks; items of RSS may well be no more than a title."""
    source, line, number = place
    if src:
        message = f"has its text elsewhere, at {src[:200]}; it became a link: write the text"
        yield item_warning(source, line, number, "empty-text", message)
    elif _is_atom(entry) and _EMPTY.fullmatch(body):
        message = "has no text that can be read, only a title; write the text"
        yield item_warning(source, line, number, "empty-text", message)


def _src(fields: Fields) -> str:
    """Return where the content of an entry is if it is not in it (RFC 4287 4.1.3.2)."""
    for each in fields.all("atom:content"):
        url = urls.resolve(each.base or "", each.get("src", "").strip())
        if url and not (text(each) or len(each)):
            return url
    return ""


def _name(element: Element) -> str:
    return local(element) if isinstance(element.tag, str) else ""


def _blogger_kind(fields: Fields) -> str:
    """Return what an entry of a Blogger export is; `post` for every other feed's."""
    if fields.text("blogger:status") in {"SOFT_TRASHED", "TRASHED"}:
        return "trash"
    if found := fields.text("blogger:type"):
        return found.lower()
    for category in fields.all("atom:category"):
        if category.get("scheme") == _BLOGGER_KIND:
            return str(category.get("term", "")).rpartition("#")[2] or "post"
    return "post"


def _is_draft(fields: Fields) -> bool:
    """Tell whether an entry is a draft (RFC 5023 13.1.1)."""
    control = fields.first("app:control")
    marked = control is not None and Fields(control).text("app:draft") == "yes"
    return marked or fields.text("blogger:status") == "DRAFT"


def _item_link(fields: Fields) -> str:
    link = fields.text("feedburner:origLink", "link") or _link(fields)
    if link:
        return link
    guid = fields.first("guid")
    if guid is not None and guid.get("isPermaLink", "true") == "true":
        return text(guid) if syntax.is_url(text(guid)) else ""
    return ""


def _link(fields: Fields) -> str:
    for each in fields.all("atom:link"):
        if each.get("rel", "alternate") == "alternate":
            return urls.resolve(each.base or "", each.get("href", ""))
    return ""


def _language(element: Element) -> str:
    while element is not None:
        if found := element.get(f"{_XML}lang"):
            return str(found)
        element = element.getparent()
    return ""


def _content(fields: Fields) -> tuple[str, str, str, bool]:
    """Return the body, its xml:base, the summary, and whether the body is only a summary.

    A description alone is taken for the whole article if it has paragraphs or pictures.
    """
    content = fields.first("content:encoded", "atom:content")
    summary = fields.first("description", "atom:summary", "itunes:summary", "dc:description")
    if content is not None:
        return _markup(content), content.base or "", _text_of(summary), False
    if summary is None:
        return "", "", "", False
    body = _markup(summary)
    only_summary = local(summary) == "summary" or not texts.is_page(body)
    short = _text_of(summary) if only_summary else ""
    return (
        body if texts.is_page(body) else f"<p>{body}</p>",
        summary.base or "",
        short,
        only_summary,
    )


def _text_of(element: Element | None) -> str:
    """Return what a text construct says, as plain text."""
    if element is None:
        return ""
    if _is_atom(element) and element.get("type", "text") in {"text", "text/plain"}:
        return " ".join(text(element).split())
    return texts.plain(_markup(element)) if _is_atom(element) else texts.title(text(element))


def _markup(element: Element) -> str:
    """Return what a text construct says, as raw HTML (RFC 4287 3.1, 4.1.3)."""
    kind = element.get("type", "text") if _is_atom(element) else "html"
    if "xhtml" in kind or element.get("mode") == "xml":
        return _xhtml(element)
    if kind in {"text", "text/plain"} and element.get("mode") != "escaped":
        return texts.paragraphs(text(element))
    return text(element) if kind in {"html", "text/html", "text", "text/plain"} else ""


def _is_atom(element: Element) -> bool:
    return _FAMILIES.get(etree.QName(element).namespace) == "atom:"


def _xhtml(element: Element) -> str:
    element = copy.deepcopy(element)
    for each in element.iter(etree.Element):
        each.tag = local(each)
    etree.cleanup_namespaces(element)
    inner = [etree.tostring(each, encoding="unicode", method="html") for each in element]
    return (element.text or "") + "".join(inner)


def _labels(fields: Fields) -> Iterator[tuple[str, bool]]:
    """Yield each label, and whether its scheme says that it is a tag."""
    for each in fields.all("category", "dc:subject"):
        yield texts.title(text(each)), each.get("domain", "").rstrip("/").endswith("/tag")
    for each in fields.all("atom:category"):
        scheme = each.get("scheme", "")
        if scheme != _BLOGGER_KIND:
            label = each.get("label") or each.get("term", "")
            yield label, scheme.rstrip("/").endswith("/tag")


def _rss_authors(fields: Fields) -> Iterator[Person]:
    creators = [text(each) for each in fields.all("dc:creator")]
    written = [text(each) for each in fields.all("author")] or [fields.text("itunes:author")]
    for name in creators or written:
        found = _MAIL_AND_NAME.fullmatch(name)
        if found and found[2].strip():
            yield Person(found[2].strip(), found[1])
        elif name:
            yield Person(texts.title(name))


def _atom_authors(fields: Fields) -> Iterator[Person]:
    for each in fields.all("atom:author"):
        person = Fields(each)
        name, email = person.text("atom:name"), person.text("atom:email")
        if name or email:
            yield Person(name or email, email or None, person.text("atom:uri", "atom:url") or None)


def _image(fields: Fields) -> str:
    for each in fields.all("media:thumbnail", "media:content", "itunes:image"):
        is_picture = each.get("medium") == "image" or each.get("type", "").startswith("image/")
        if local(each) != "content" or is_picture:
            return str(each.get("url") or each.get("href") or "")
    return ""


def _enclosures(fields: Fields) -> Iterator[Enclosure]:
    links = [each for each in fields.all("atom:link") if each.get("rel") == "enclosure"]
    for each in [*fields.all("enclosure"), *links]:
        length = each.get("length", "").strip()
        yield Enclosure(
            (each.get("url") or each.get("href") or "").strip(),
            each.get("type", "").strip(),
            int(length) if re.fullmatch(r"[0-9]{1,15}", length) else 0,
        )
