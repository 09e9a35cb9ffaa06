"""An Article as a row and back; the only place that knows how lists are stored, and no SQL."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, timedelta
from typing import Any, TypeVar

import msgspec

from feedsvc import dates
from feedsvc.errors import Problem, Severity
from feedsvc.model import Article, ContentChoice, Presentation, presented

_Item = TypeVar("_Item")
Terms = tuple[tuple[str, str], ...]  # keys of feeds, and the labels of their terms
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_NO_OFFSET, _SECOND = timedelta(), timedelta(seconds=1)


def chunks(items: Sequence[_Item], size: int = 500) -> Iterator[Sequence[_Item]]:
    """Cut a list into pieces that fit into one statement."""
    return (items[start : start + size] for start in range(0, len(items), size))


def dump(value: Any) -> str:
    """Write a list as JSON, the same for the same list."""
    return _ENCODER.encode(value) if value else "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content(Presentation):
    """What of an article is stored as one value, which SQL never looks into."""

    html: str
    content: ContentChoice | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Content).decode


def article_row(article: Article) -> dict[str, Any]:
    """Return the columns that come from the source, and the article's fingerprint.

    terms and files are not encoded: the former get their labels, the latter a table of their own.
    """
    content = _Content(
        **presented(article) | {"updated": article.updated.astimezone(UTC)},
        html=article.html,
        content=article.content,
    )
    return {
        "path": article.path,
        "slug": article.slug,
        "pinned": article.id is not None,
        "link": article.link,
        "published": dates.epoch(article.published),
        "utc_offset": (article.published.utcoffset() or _NO_OFFSET) // _SECOND,
        "expires": dates.epoch(article.expires) if article.expires else None,
        "terms": tuple((ref.key, label) for ref, label in article.terms),
        "draft": article.draft,
        "feeds": article.feeds,
        "files": article.files,
        "text_hash": article.text_hash,
        "fingerprint": _fingerprint(article),
        "presentation": _encode(content).decode(),
    }


def load_content(text: str) -> dict[str, Any]:
    """Decode the presentation of a row: the fields of Presentation, html and content."""
    content = _decode(text)
    return {**presented(content), "html": content.html, "content": content.content}


def _fingerprint(article: Article) -> str:
    """Return what changes with anything that readers can tell, but for the id and the labels.

    What is stored has fingerprints of this form, so it stays: of the fields that Presentation
    gained since, only articles that use one have another fingerprint.
    """
    since = {
        each.name: value
        for each in _ADDED
        if (value := getattr(article, each.name)) != each.default
    }
    seen = [
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
        article.content and str(article.content),
        article.feeds,
        article.files,
        [ref.key for ref, _ in article.terms],
    ]
    said = dump(seen) + article.html + (_encode(since).decode() if since else "")
    return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


_FIRST = {"title", "updated", "summary", "authors", "enclosures", "image", "language"}
_ADDED = tuple(each for each in fields(Presentation) if each.name not in _FIRST)


def dump_terms(terms: Terms) -> str:
    """Write terms with their labels."""
    return dump(terms)


def load_terms(text: str) -> Terms:
    """Read terms with their labels."""
    return tuple((key, label) for key, label in json.loads(text))


def dump_problems(problems: Iterable[Problem]) -> str:
    """Write Problems."""
    return dump(
        [(each.path, each.line, each.code, each.message, each.severity) for each in problems]
    )


def load_problems(text: str) -> tuple[Problem, ...]:
    """Read Problems."""
    return tuple(
        Problem(path, line, code, message, Severity(*severity))
        for path, line, code, message, *severity in json.loads(text)
    )
