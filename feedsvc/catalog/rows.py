"""An Article as a row and back; the only place that knows how lists are stored, and no SQL."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from feedsvc import dates
from feedsvc.errors import Problem, Severity
from feedsvc.model import Article, Enclosure, Person

_Item = TypeVar("_Item")
Terms = tuple[tuple[str, str], ...]  # keys of feeds, and the labels of their terms
# What readers cannot tell from the article, or what is put to its fingerprint apart; its id and the
# labels in force are compared apart.
_UNSEEN = frozenset(
    {"path", "pinned", "utc_offset", "expires", "draft", "text_hash"} | {"html", "terms"}
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_NO_OFFSET, _SECOND = timedelta(), timedelta(seconds=1)


def chunks(items: Sequence[_Item], size: int = 500) -> Iterator[Sequence[_Item]]:
    """Cut a list into pieces that fit into one statement."""
    return (items[start : start + size] for start in range(0, len(items), size))


def dump(value: Any) -> str:
    """Write a list as JSON, the same for the same list."""
    return _ENCODER.encode(value)


def article_row(article: Article) -> dict[str, Any]:
    """Return the columns that come from the file, and its fingerprint.

    terms and files are not dumped: the former get their labels, the latter a table of their own.
    """
    terms = tuple((ref.key, label) for ref, label in article.terms)
    row = {
        "path": article.path,
        "slug": article.slug,
        "pinned": article.id is not None,
        "title": article.title,
        "published": dates.epoch(article.published),
        "utc_offset": (article.published.utcoffset() or _NO_OFFSET) // _SECOND,
        "updated": dates.epoch(article.updated),
        "expires": dates.epoch(article.expires) if article.expires else None,
        "summary": article.summary,
        "html": article.html,
        "link": article.link,
        "authors": dump([(each.name, each.email, each.uri) for each in article.authors]),
        "terms": terms,
        "language": article.language,
        "image": article.image,
        "enclosures": dump([(each.url, each.type, each.length) for each in article.enclosures]),
        "content": article.content and str(article.content),
        "draft": article.draft,
        "feeds": article.feeds,
        "files": article.files,
        "text_hash": article.text_hash,
    }
    seen = [value for name, value in row.items() if name not in _UNSEEN]
    said = dump([*seen, [key for key, _ in terms]]) + article.html
    row["fingerprint"] = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
    return row


def dump_terms(terms: Terms) -> str:
    """Write terms with their labels."""
    return dump(terms)


def load_terms(text: str) -> Terms:
    """Read terms with their labels."""
    return tuple((key, label) for key, label in json.loads(text))


def load_authors(text: str) -> tuple[Person, ...]:
    """Read authors."""
    return tuple(Person(*fields) for fields in json.loads(text))


def load_enclosures(text: str) -> tuple[Enclosure, ...]:
    """Read enclosures."""
    return tuple(Enclosure(*fields) for fields in json.loads(text))


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
