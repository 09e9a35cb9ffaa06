"""Terms, keys of feeds, article paths, ids, and URL references. The route table is in `routes`.

Paths begin with `/` and are relative to `base_url`. Functions that form a path return it
percent-encoded; functions that take one apart expect it decoded.
"""

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urljoin

from feedsvc.model import MAX_TERM, TERM_KINDS, FeedRef, Format, Kind, excess
from feedsvc.syntax import is_url

INDEX = "/"
WILDCARD = "*"  # stands for a term in an old address
HEALTH = "/healthz"
METRICS = "/metrics"
FEEDS = "/feeds/"
FILES = "/files/"
# The key of a feed in a decoded path. No spelling of a kind is the name of a custom feed.
KEY = (
    rf"(?:{Kind.ALL}|(?:{'|'.join(TERM_KINDS)})/[^/]+"
    rf"|(?!\s*(?i:{'|'.join(Kind)})\s*(?:/|\Z|\.(?:{'|'.join(Format)})\Z))[^/]+)"
)

_KEY = re.compile(f"{KEY}/")
_DOCUMENT_ENDINGS = (*(f".{format}" for format in Format), ".opml")
_SITEMAP = re.compile(r"/sitemap(?:-[0-9]+)?\.xml\Z")
_WHOLE = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#]\S*)?")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:-]+(?=/|$)")
_ROOTED = re.compile(r"/(?:[\w~-][\w.~-]*/)*(?:[\w~-][\w.~-]*)?(?:[?#]\S*)?")
_BESIDE = re.compile(r"((?:\.\./)*)((?:[\w~-][\w.~-]*/)*[\w~-][\w.~-]*/?)")
_FRAGMENT = re.compile(r"#\S+")
_PLAIN = re.compile(r"(https?://[A-Za-z0-9.:-]+)/?((?:[\w%~-][\w.%~-]*/)*)[\w.%~-]*")
_PUNCTUATION = re.compile(r"[\W_]+")
_SEPARATORS = re.compile(r"[\s/]+")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PATTERN_FIELDS = {
    "slug": r"(?P<slug>[^/]+)",
    "path": r"(?P<path>.+)",
    "year": r"[0-9]{4}",
    "month": r"[0-9]{2}",
    "day": r"[0-9]{2}",
}
_PATH_SIGNS = "/!$&'()*+,;=:@~"
# Characters that stand for themselves in a path, percent-encoded or decoded (RFC 3986 3.3).
_NOT_LITERAL = re.compile(r"[^A-Za-z0-9._~!$&'()*+,;=:@/-]")


class OldAddress(NamedTuple):
    """An old feed address. path: decoded. ref: the feed that it stands for.

    A wildcard in the path stands for the term of the feed; the term of `ref` is a wildcard then.
    """

    path: str
    ref: FeedRef
    format: Format

    @property
    def has_wildcard(self) -> bool:
        """Whether it stands for all feeds of a kind."""
        return WILDCARD in self.path

    def at(self, term: str) -> str:
        """Return the path for a term, which must be spelled as in that program's URLs."""
        return self.path.replace(WILDCARD, term)


def term(label: str) -> str:
    """Fold a label to its term, which is used for comparison and in URLs.

    Unicode NFC, case-folded, each run of white space and `/` turned into one `-`; nothing else is
    changed or dropped. Folding starts from NFD, for canonical caseless matching (Unicode 3.13,
    D145). Idempotent. '' for a label that is only white space.
    """
    # Labels in requests may have any length, and must not stay in memory.
    return (_cached_fold if len(label) <= MAX_TERM else _fold)(label)


def _fold(label: str) -> str:
    if label.isascii():  # already normalized
        return _SEPARATORS.sub("-", label.strip().lower())
    folded = unicodedata.normalize("NFD", label.strip()).casefold()
    return _SEPARATORS.sub("-", unicodedata.normalize("NFC", folded))


_cached_fold = lru_cache(10_000)(_fold)  # the articles of a site share their terms


def slug(label: str) -> str:
    """Return a label's term with each run of punctuation as one hyphen, as in many programs."""
    return _PUNCTUATION.sub("-", term(label)).strip("-")


def term_excess(label: str) -> str | None:
    """Return how a label or its term is too long, as the end of a sentence; None if neither is."""
    return excess(term(label), MAX_TERM) or excess(label, MAX_TERM)


def is_addressable(name: str) -> bool:
    """Return whether a term or slug can be a path segment: not empty, not only dots.

    Every client removes `.` and `..` from a path, even percent-encoded (RFC 3986 5.2.4).
    """
    return name.strip(".") != ""


def is_document(path: str) -> bool:
    """Return whether a decoded path may lead to a feed, an archive, the OPML or a sitemap."""
    return path.endswith(_DOCUMENT_ENDINGS) or bool(_SITEMAP.search(path))


def parse_key(key: str) -> FeedRef | None:
    """Return the feed of a key; None unless the key is spelled as in the feed's decoded URL."""
    if not _KEY.fullmatch(f"{key}/"):
        return None
    ref = FeedRef.of(key)
    is_canonical = ref.term == term(ref.term) and (ref.kind is Kind.ALL or is_addressable(ref.term))
    return ref if is_canonical else None


def article_path(pattern: str, slug: str, published: datetime, path: str = "") -> str:
    """Fill a link pattern: `/articles/{slug}`, `/{year}/{month}/{slug}/`, or an absolute URL.

    Year, month and day are those in the offset that the author wrote. path: decoded.
    """
    values = {
        "slug": quote(slug, safe=""),
        "path": own_path(path)[1:],
        "year": f"{published.year:04}",
        "month": f"{published.month:02}",
        "day": f"{published.day:02}",
    }
    return _PLACEHOLDER.sub(lambda field: values[field[1]], pattern)


def article_regex(pattern: str) -> str:
    """Return the regular expression of decoded article paths, with a group `slug` or `path`."""
    parts = _PLACEHOLDER.split(pattern)
    return "".join(
        _PATTERN_FIELDS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )


def parse_article_path(pattern: str, path: str) -> str | None:
    """Return the slug in an article's decoded path; None if it does not match the pattern."""
    match = re.fullmatch(article_regex(pattern), path)
    if match and "path" in match.re.groupindex:
        return path_slug(match["path"])
    return match["slug"] if match else None


def has_path(pattern: str) -> bool:
    """Return whether a link pattern contains the article's own path."""
    return "{path}" in pattern


def path_slug(path: str) -> str:
    """Return the slug of an article that follows from its decoded path."""
    return term(path.strip("/"))


def own_path(path: str) -> str:
    """Return a decoded path as the path of a URL, percent-encoded: `/posts/%C3%A9t%C3%A9/`."""
    return f"/{quote(path, safe=_PATH_SIGNS)}"


def check_pattern(pattern: str) -> str | None:
    """Return the fault of a link pattern, as the end of a sentence; None if it is valid."""
    fields = _PLACEHOLDER.findall(pattern)
    unknown = [field for field in fields if field not in _PATTERN_FIELDS]
    if unknown:
        return f"knows no {{{unknown[0]}}}; use {{slug}}, {{path}}, {{year}}, {{month}}, {{day}}"
    if fields.count("slug") + fields.count("path") != 1:
        return "must have {slug} once, or {path}"
    if is_url(pattern):
        return None
    if not pattern.startswith("/"):
        return "must start with / or be an absolute URL"
    if pattern.startswith((FEEDS, FILES)):
        return f"must not start with {FEEDS} or {FILES}, which are reserved"
    if odd := _NOT_LITERAL.search(_PLACEHOLDER.sub("", pattern)):
        return f"has {odd[0]!r}; use letters from a to z, digits, and signs such as - . _ /"
    return None


def file_path(path: str) -> str:
    """Return the path of a local file that articles show, from its path below content/."""
    return FILES + quote(path)


def file_url(base_url: str, media_url: str, path: str) -> str:
    """Return the URL of a local file. media_url: its prefix; '' if the site serves the file."""
    return f"{media_url}/{quote(path)}" if media_url else absolute(base_url, file_path(path))


def absolute(base_url: str, path: str) -> str:
    """Return the absolute URL of a path below the site's base URL; an absolute URL unchanged."""
    return path if is_url(path) else base_url.rstrip("/") + path


def resolve(base: str, url: str) -> str:
    """Resolve a URL reference against an absolute URL (RFC 3986 5.2); '' if it is invalid."""
    url = url.strip()
    if _WHOLE.fullmatch(url):  # most are, and urljoin takes twenty times as long
        return url
    if _ROOTED.fullmatch(url) and (origin := _ORIGIN.match(base)):
        return origin[0] + url
    if (relative := _BESIDE.fullmatch(url)) and (plain := _PLAIN.fullmatch(base)):
        folders = plain[2].split("/")[:-1]
        kept = max(0, len(folders) - relative[1].count("/"))
        return "/".join((plain[1], *folders[:kept], relative[2]))
    if _FRAGMENT.fullmatch(url) and _PLAIN.fullmatch(base):
        return base + url
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def entry_id(authority: str, published: datetime, slug: str) -> str:
    """Mint an entry's id, a tag URI (RFC 4151).

    authority: the site's tagging entity, `news.example.org,2022`. The date is the day of first
    publication as the author wrote it, so that no change of the site's time zone affects it.
    """
    return f"tag:{authority}:{published.date().isoformat()}:{quote(slug, safe='')}"


def feed_id(authority: str, ref: FeedRef) -> str:
    """Return a feed's id, a tag URI (RFC 4151) that outlives every URL of the feed."""
    return f"tag:{authority}:feeds/{quote(ref.key)}"
