"""Every URL and every id, formed and taken apart here and nowhere else; asks nothing of anybody.

Paths begin with `/` and are relative to `base_url`. Functions that form a path return it
percent-encoded; functions that take one apart expect it decoded.
"""

import re
import unicodedata
from datetime import datetime
from urllib.parse import quote, unquote, urljoin

from feedsvc.model import MAX_TERM, TERM_KINDS, FeedRef, Format, Kind, excess
from feedsvc.syntax import is_url

INDEX = "/"
OPML = "/feeds.opml"
HEALTH = "/healthz"
METRICS = "/metrics"
ASSETS = "/static/"

_FEEDS = "/feeds/"
_FILES = "/files/"
_ARCHIVE = "/archive/"
# More digits than any feed will have archives, and no more than a database takes.
_NUMBERED = re.compile(rf"([1-9][0-9]{{0,8}})\.({'|'.join(Format)})")
_DOCUMENT_ENDINGS = (*(f".{format}" for format in Format), ".opml")
_WHOLE = re.compile(r"https?://[A-Za-z0-9.-]+(?:[/?#]\S*)?")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:-]+(?=/|$)")
_ROOTED = re.compile(r"/(?:[\w~-][\w.~-]*/)*(?:[\w~-][\w.~-]*)?(?:[?#]\S*)?", re.ASCII)
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


def term(label: str) -> str:
    """Fold a label to the term that it is compared by and addressed with.

    Unicode NFC, case-folded, each run of white space and `/` turned into one `-`; nothing else is
    changed or dropped. Folding starts from NFD, so that it is canonical caseless matching
    (Unicode 3.13, D145). Idempotent. '' for a label of white space alone.
    """
    folded = unicodedata.normalize("NFD", label.strip()).casefold()
    return _SEPARATORS.sub("-", unicodedata.normalize("NFC", folded))


def term_excess(label: str) -> str | None:
    """Return how a label or its term is too long, as the end of a sentence; None if neither is."""
    return excess(term(label), MAX_TERM) or excess(label, MAX_TERM)


def is_addressable(name: str) -> bool:
    """Tell whether a term or slug can stand as a path segment: not empty, not only dots.

    `.` and `..` are taken out of a path by every client, even percent-encoded (RFC 3986 5.2.4).
    """
    return name.strip(".") != ""


def feed_path(ref: FeedRef, format: Format) -> str:
    """Return the path of a feed's subscription document: `/feeds/tag/c%2B%2B.rss`."""
    return f"{_FEEDS}{_key(ref)}.{format}"


def archive_path(ref: FeedRef, format: Format, number: int) -> str:
    """Return the path of an archive document of a feed: `/feeds/tag/c%2B%2B/archive/3.atom`."""
    return f"{_FEEDS}{_key(ref)}{_ARCHIVE}{number}.{format}"


def page_path(ref: FeedRef) -> str:
    """Return the path of a feed's page for people: `/feeds/tag/c%2B%2B/`."""
    return f"{_FEEDS}{_key(ref)}/"


def kind_path(kind: Kind) -> str:
    """Return the path of the list of all feeds of one kind: `/feeds/tag/`."""
    return f"{_FEEDS}{kind}/"


def parse_feed_path(path: str) -> tuple[FeedRef, Format] | None:
    """Take a feed's decoded path apart; None if it is not the path of any feed."""
    stem, _, ending = path.rpartition(".")
    if ending not in set(Format):
        return None
    ref = _parse_key(stem)
    return (ref, Format(ending)) if ref else None


def is_document(path: str) -> bool:
    """Tell whether a decoded path may be that of a document: a feed, an archive, the OPML."""
    return path.endswith(_DOCUMENT_ENDINGS)


def parse_archive_path(path: str) -> tuple[FeedRef, Format, int] | None:
    """Take the decoded path of an archive document apart; None if it is not one."""
    stem, _, name = path.rpartition(_ARCHIVE)
    match = _NUMBERED.fullmatch(name)
    ref = _parse_key(stem)
    return (ref, Format(match[2]), int(match[1])) if match and ref else None


def parse_page_path(path: str) -> FeedRef | None:
    """Take the decoded path of a feed's page apart; None if it is not one."""
    return _parse_key(path[:-1]) if path.endswith("/") else None


def parse_key(key: str) -> FeedRef | None:
    """Return the feed of a key; None unless the key is as it stands in the feed's URL, decoded."""
    ref = _parse_key(f"{_FEEDS}{key}")
    if ref is None or ref.term != term(ref.term):
        return None
    return ref if ref.kind is Kind.ALL or is_addressable(ref.term) else None


def is_own(path: str) -> bool:
    """Tell whether a decoded path may be that of anything here but an article."""
    return bool(
        path in {INDEX, OPML, HEALTH, METRICS, *map(kind_path, TERM_KINDS)}
        or path.startswith((_FILES, ASSETS))
        or parse_feed_path(path)
        or parse_archive_path(path)
        or parse_page_path(path)
    )


def article_path(pattern: str, slug: str, published: datetime, path: str = "") -> str:
    """Fill a link pattern: `/articles/{slug}`, `/{year}/{month}/{slug}/`, or an absolute URL.

    The date's parts are taken as the author wrote it, in its own offset. path: decoded.
    """
    values = {
        "slug": quote(slug, safe=""),
        "path": own_path(path)[1:],
        "year": f"{published.year:04}",
        "month": f"{published.month:02}",
        "day": f"{published.day:02}",
    }
    return _PLACEHOLDER.sub(lambda field: values[field[1]], pattern)


def parse_article_path(pattern: str, path: str) -> str | None:
    """Return the slug in an article's decoded path; None if the path is not of the pattern."""
    parts = _PLACEHOLDER.split(pattern)
    regex = "".join(
        _PATTERN_FIELDS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts)
    )
    match = re.fullmatch(regex, path)
    if match and "path" in match.re.groupindex:
        return path_slug(match["path"])
    return match["slug"] if match else None


def has_path(pattern: str) -> bool:
    """Tell whether articles are at paths of their own by a link pattern."""
    return "{path}" in pattern


def path_slug(path: str) -> str:
    """Return the slug of an article that is at a decoded path of its own."""
    return term(path.strip("/"))


def own_path(path: str) -> str:
    """Return the path of a URL in which a decoded path stands: `/posts/%C3%A9t%C3%A9/`."""
    return f"/{quote(path, safe=_PATH_SIGNS)}"


def decoded(path: str) -> str:
    """Return a path decoded, whether it was percent-encoded or not."""
    return unquote(path)


def check_pattern(pattern: str) -> str | None:
    """Return what is wrong with a link pattern, as the end of a sentence; None if nothing is."""
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
    if pattern.startswith((_FEEDS, _FILES)):
        return f"must not start with {_FEEDS} or {_FILES}, where other things are"
    if odd := _NOT_LITERAL.search(_PLACEHOLDER.sub("", pattern)):
        return f"has {odd[0]!r}; use letters from a to z, digits, and signs such as - . _ /"
    return None


def file_path(path: str) -> str:
    """Return the path of a local file that articles show, from its path below content/."""
    return _FILES + quote(path)


def parse_file_path(path: str) -> str | None:
    """Return which file below content/ a decoded path asks for; None if it is not of that form."""
    return path.removeprefix(_FILES) or None if path.startswith(_FILES) else None


def absolute(base_url: str, path: str) -> str:
    """Put a path behind the site's base URL; an absolute URL stays as it is."""
    return path if is_url(path) else base_url.rstrip("/") + path


def resolve(base: str, url: str) -> str:
    """Resolve a URL reference against an absolute URL (RFC 3986 5.2); '' for a hopeless one."""
    url = url.strip()
    if _WHOLE.fullmatch(url):  # most are, and urljoin takes twenty times as long
        return url
    if _ROOTED.fullmatch(url) and (origin := _ORIGIN.match(base)):
        return origin[0] + url
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def entry_id(authority: str, published: datetime, slug: str) -> str:
    """Mint an entry's id, a tag URI (RFC 4151).

    authority: the site's tagging entity, `news.example.org,2022`. The date is the day of first
    publication as the author wrote it, so that no change of the site's time zone moves it.
    """
    return f"tag:{authority}:{published.date().isoformat()}:{quote(slug, safe='')}"


def feed_id(authority: str, ref: FeedRef) -> str:
    """Return a feed's id, a tag URI (RFC 4151) that outlives every URL of the feed."""
    return f"tag:{authority}:feeds/{_key(ref)}"


def category_scheme(base_url: str, kind: Kind) -> str:
    """Return the IRI that names a vocabulary of terms: the list of its feeds."""
    return absolute(base_url, kind_path(kind))


def _key(ref: FeedRef) -> str:
    return quote(ref.key)  # a term has no `/`


def _parse_key(path: str) -> FeedRef | None:
    if not path.startswith(_FEEDS):
        return None
    kind, slash, name = path.removeprefix(_FEEDS).partition("/")
    if slash:
        known = kind in TERM_KINDS and name and "/" not in name
        return FeedRef(Kind(kind), name) if known else None
    if kind == Kind.ALL:
        return FeedRef(Kind.ALL)
    # A custom feed is called like no kind, in whatever spelling.
    return FeedRef(Kind.NAMED, kind) if kind and term(kind) not in set(Kind) else None
