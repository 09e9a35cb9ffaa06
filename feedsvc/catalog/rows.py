"""Converts Articles to rows and back. Only this module encodes lists; it contains no SQL."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple, TypeVar

import msgspec

from feedsvc import dates
from feedsvc.errors import Problem, Severity
from feedsvc.model import Article, ContentChoice, Presentation, presented

_Item = TypeVar("_Item")
Terms = tuple[tuple[str, str], ...]  # keys of feeds, and the labels of their terms
_NO_OFFSET, _SECOND = timedelta(), timedelta(seconds=1)


def chunks(items: Sequence[_Item], size: int = 500) -> Iterator[Sequence[_Item]]:
    """Split a list into pieces that fit into one statement."""
    return (items[start : start + size] for start in range(0, len(items), size))


def dump(value: Any) -> str:
    """Encode a value as JSON, always in the same form."""
    return _encode(value).decode()


class Texts(NamedTuple):
    """The stored parts of an article on which no decision of a sync depends.

    files: see model.Article. presentation: encoded; see `load_content`.
    """

    path: str
    link: str
    files: tuple[str, ...]
    presentation: str


class Columns(NamedTuple):
    """The columns of schema.article that an article's source determines.

    terms: not encoded, as they do not have their final labels yet.
    """

    path: str
    slug: str
    pinned: bool
    published: int
    utc_offset: int
    expires: int | None
    terms: Terms
    draft: bool
    feeds: bool
    text_hash: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content(Presentation):
    """The parts of an article that are stored as one value, opaque to SQL."""

    html: str
    content: ContentChoice | None = None


class _Update(msgspec.Struct):
    updated: datetime


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Content).decode
_decode_update = msgspec.json.Decoder(_Update).decode


def article_row(article: Article) -> tuple[Columns, Texts]:
    """Return the stored form of an article."""
    columns = Columns(
        path=article.path,
        slug=article.slug,
        pinned=article.id is not None,
        published=dates.epoch(article.published),
        utc_offset=(article.published.utcoffset() or _NO_OFFSET) // _SECOND,
        expires=dates.epoch(article.expires) if article.expires else None,
        terms=tuple([(ref.key, label) for ref, label in article.terms]),
        draft=bool(article.draft),  # a source may have it as a number, as some databases do
        feeds=bool(article.feeds),
        text_hash=article.text_hash,
        fingerprint=_fingerprint(article),
    )
    content = presented(article) | {
        "updated": article.updated.astimezone(UTC),
        "html": article.html,
        "content": article.content,
    }
    return columns, Texts(article.path, article.link, article.files, dump(content))


def zone(utc_offset: int) -> timezone:
    """Return the time zone of a stored offset, in seconds."""
    return timezone(timedelta(seconds=utc_offset))


def load_content(text: str) -> dict[str, Any]:
    """Decode the presentation of a row: the fields of Presentation, html and content."""
    content = _decode(text)
    return {**presented(content), "html": content.html, "content": content.content}


def load_updated(text: str) -> datetime:
    """Decode only the instant of the last update from the presentation of a row."""
    return _decode_update(text).updated


def _fingerprint(article: Article) -> str:
    """Return a hash of everything that readers can see, except the id and the labels.

    Stored fingerprints have this form, so it must not change. Fields added to Presentation or
    Enclosure later count only for articles that use them.
    """
    added = {
        each.name: value
        for each in _ADDED
        if (value := getattr(article, each.name)) != each.default
    }
    properties = [[getattr(each, name) for name in _PROPERTIES] for each in article.enclosures]
    if any(value is not None for of_one in properties for value in of_one):
        added["enclosures"] = properties
    visible = [
        article.slug,
        article.title,
        dates.epoch(article.published),
        dates.epoch(article.updated),
        article.summary,
        article.link,
        dump([(each.name, each.email, each.uri) for each in article.authors]),
        article.language,
        article.image,
        dump([(each.url, each.type, each.length) for each in article.enclosures]),
        article.content,
        article.feeds,
        article.files,
        [ref.key for ref, _ in article.terms],
    ]
    text = dump(visible) + article.html + (dump(added) if added else "")
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


_FIRST = {"title", "updated", "summary", "authors", "enclosures", "image", "language"}
_PROPERTIES = ("duration", "bitrate", "width", "height")  # of enclosures
_ADDED = tuple(each for each in fields(Presentation) if each.name not in _FIRST)


def load_terms(text: str) -> Terms:
    """Decode terms with their labels."""
    return tuple((key, label) for key, label in json.loads(text))


def dump_problems(problems: Iterable[Problem]) -> str:
    """Encode Problems."""
    return dump(
        [(each.path, each.line, each.code, each.message, each.severity) for each in problems]
    )


def load_problems(text: str) -> tuple[Problem, ...]:
    """Decode Problems."""
    return tuple(
        Problem(path, line, code, message, Severity(*severity))
        for path, line, code, message, *severity in json.loads(text)
    )
