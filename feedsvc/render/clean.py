"""Normalizes feeds and entries for all formats, so that every renderer starts from the same data.

Removes characters that XML does not allow, converts IRIs to URIs, and drops blank authors,
categories and addresses.
"""

import re
from dataclasses import replace
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote

from feedsvc.html import xml_safe
from feedsvc.model import Category, Enclosure, Entry, Feed, Image, Person
from feedsvc.podcast import Part
from feedsvc.syntax import is_email, is_media_type

_Part = TypeVar("_Part", bound=Part)

# RFC 3986 2: all characters allowed in a URI, except the brackets of an IPv6 host.
_URI_SAFE = "%/:?#@!$&'()*+,;=~"
_URI = re.compile(r"[A-Za-z0-9._~%/:?#@!$&'()*+,;=-]*")
_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#@]*@)?(?P<host>\[[^]/?#]*\]|[^/?#:@]+)")
# The fields of shows and episodes that hold URLs.
_URLS = {"url", "image", "link", "sources", "chapters_url", "new_feed_url"}
_ANY_BYTES = "application/octet-stream"


def entry(raw: Entry) -> Entry:
    """Return an entry that is valid in every format."""
    return replace(
        raw,
        id=xml_safe(raw.id),
        title=_words(raw.title),
        link=uri(raw.link),
        page=uri(raw.page or "") or None,
        external=uri(raw.external or "") or None,
        comments=uri(raw.comments or "") or None,
        summary=_words(raw.summary),
        content=_words(raw.content or "") or None,
        authors=_persons(raw.authors),
        categories=_categories(raw.categories),
        enclosures=_enclosures(raw.enclosures),
        image=uri(raw.image or "") or None,
        language=_language(raw.language or "") or None,
        episode=part(raw.episode) if raw.episode else None,
    )


def feed(raw: Feed) -> Feed:
    """Return a feed that is valid in every format."""
    return replace(
        raw,
        id=xml_safe(raw.id),
        title=_words(raw.title),
        subtitle=_words(raw.subtitle),
        link=uri(raw.link),
        self_url=uri(raw.self_url),
        language=_language(raw.language),
        authors=_persons(raw.authors),
        generator=_words(raw.generator),
        rights=_words(raw.rights),
        image=_image(raw.image),
        icon=uri(raw.icon or "") or None,
        current=uri(raw.current or "") or None,
        prev_archive=uri(raw.prev_archive or "") or None,
        next_archive=uri(raw.next_archive or "") or None,
        withdrawn=tuple(replace(each, id=xml_safe(each.id)) for each in raw.withdrawn),
        hubs=tuple(url for each in raw.hubs if (url := uri(each))),
        show=part(raw.show) if raw.show else None,
    )


def part(raw: _Part) -> _Part:
    """Return a show, an episode or a part of one with XML-safe text and URIs."""
    values = {name: getattr(raw, name) for name in raw.__struct_fields__}
    return type(raw)(**{name: _value(name, value) for name, value in values.items()})


def _value(name: str, value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return uri(value) if name in _URLS else xml_safe(value)
    if isinstance(value, tuple):
        return tuple(_value(name, each) for each in value)
    return part(value) if isinstance(value, Part) else value


def uri(iri: str) -> str:
    """Map an IRI to a URI (RFC 3987 3.1), since RSS, unlike Atom, allows only URIs.

    The host is converted to ASCII; other characters that are not allowed are percent-encoded.
    """
    iri = xml_safe(iri)
    if _URI.fullmatch(iri):
        return iri
    start, rest = "", iri
    if authority := _AUTHORITY.match(iri):
        rest = iri[authority.end() :]
        start = iri[: authority.start("host")] + _ascii_host(authority["host"])
    return quote(start, safe=_URI_SAFE + "[]") + quote(rest, safe=_URI_SAFE)


def _ascii_host(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _words(text: str) -> str:
    """Return a text without invalid characters; '' if it is only white space."""
    text = xml_safe(text)
    return "" if text.isspace() else text


def _language(tag: str) -> str:
    return xml_safe(tag).replace("_", "-").lower()


def _persons(raw: tuple[Person, ...]) -> tuple[Person, ...]:
    return tuple(
        Person(
            name,
            each.email if each.email and is_email(each.email) else None,
            uri(each.uri or "") or None,
        )
        for each in raw
        if (name := _words(each.name))
    )


def _categories(raw: tuple[Category, ...]) -> tuple[Category, ...]:
    # The label defaults to the term; without a term there is no category.
    return tuple(
        Category(term, uri(each.scheme), _words(each.label) or term)
        for each in raw
        if (term := _words(each.term))
    )


def _enclosures(raw: tuple[Enclosure, ...]) -> tuple[Enclosure, ...]:
    return tuple(
        replace(
            each,
            url=url,
            type=each.type if is_media_type(each.type) else _ANY_BYTES,
            length=max(each.length, 0),
        )
        for each in raw
        if (url := uri(each.url))
    )


def _image(raw: Image | None) -> Image | None:
    return replace(raw, url=url) if raw and (url := uri(raw.url)) else None
