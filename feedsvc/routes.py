"""The route table: matches paths to endpoints, and builds the paths of endpoints.

Paths begin with `/` and are relative to `base_url`. Built paths are percent-encoded, matched paths
are decoded. The web app registers the same rules with Flask.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlsplit

from werkzeug.exceptions import NotFound
from werkzeug.routing import BaseConverter, Map, Rule, ValidationError

from feedsvc import urls
from feedsvc.model import TERM_KINDS, FeedRef, Format, Kind

RULES: Mapping[str, str] = {
    "index": urls.INDEX,
    "opml": "/feeds.opml",
    "health": urls.HEALTH,
    "metrics": urls.METRICS,
    "hub": "/hub",
    "stats": "/stats/",
    "stats_file": "/stats/<feedsvc_name:name>",
    "sitemap": "/sitemap.xml",
    "sitemap_part": "/sitemap-<feedsvc_number:number>.xml",
    "icon": "/<any('favicon.ico', 'apple-touch-icon.png'):name>",
    "asset": "/static/<any('style.css', 'icon.svg'):name>",
    "file": f"{urls.FILES}<feedsvc_file:path>",
    "kind": "/feeds/<feedsvc_kind:kind>/",
    "feed": "/feeds/<feedsvc_feed:ref>.<feedsvc_format:format>",
    "archive": "/feeds/<feedsvc_feed:ref>/archive/<feedsvc_number:number>.<feedsvc_format:format>",
    "page": "/feeds/<feedsvc_feed:ref>/",
    "older": "/feeds/<feedsvc_feed:ref>/page/<feedsvc_number:number>/",
}
POSTED = frozenset({"hub"})  # the endpoints that take POST; all others take GET
MAX_BODY = 16_384  # bytes in the body of a request to one of these
_RESERVED = (urls.FILES, "/static/")
_SLASH_OPTIONAL = frozenset({"kind", "page", "older", "stats"})

Match = tuple[str, Mapping[str, Any]]


class _Feed(BaseConverter):
    """The key of a feed, in any spelling of its term; becomes a FeedRef with the folded term."""

    regex = urls.KEY
    part_isolating = False

    def to_python(self, value: str) -> FeedRef:
        ref = FeedRef.of(value)
        return FeedRef(ref.kind, urls.term(ref.term))

    def to_url(self, value: FeedRef) -> str:
        return quote(value.key)


class _Format(BaseConverter):
    regex = f"(?:{'|'.join(Format)})"

    def to_python(self, value: str) -> Format:
        return Format(value)


class _Kind(BaseConverter):
    regex = f"(?:{'|'.join(TERM_KINDS)})"

    def to_python(self, value: str) -> Kind:
        return Kind(value)


class _Number(BaseConverter):
    # Enough digits for the archives of any feed, and no more than fit into a database's integer.
    regex = "[1-9][0-9]{0,8}"

    def to_python(self, value: str) -> int:
        return int(value)


class _Name(BaseConverter):
    """The name of a file of the statistics."""

    regex = "[a-z-]+\\.[a-z]+"


class _File(BaseConverter):
    """A path below the content folder."""

    regex = "(?s:.+)"
    part_isolating = False

    def to_url(self, value: str) -> str:
        return quote(value)


class _Article(BaseConverter):
    """The slug of an article. pattern: a link pattern as a local path, percent-encoded.

    Matches a whole path, after all other rules, without a redirect that adds or removes a slash.
    """

    part_isolating = False
    weight = 1_000

    def __init__(self, table: Map, pattern: str) -> None:
        super().__init__(table)
        self._pattern = unquote(pattern)
        self.regex = urls.article_regex(self._pattern).removeprefix("/")

    def to_python(self, value: str) -> str | None:
        return urls.parse_article_path(self._pattern, f"/{value}")

    def to_url(self, value: str) -> str:
        path, slug, rest = self._pattern.partition("{slug}")
        if not slug or "{" in path + rest:
            raise ValidationError  # only the publication knows an article's date or path
        return (urls.own_path(path[1:]) + quote(value, safe="") + urls.own_path(rest)[1:])[1:]


CONVERTERS: Mapping[str, type[BaseConverter]] = {
    "feedsvc_feed": _Feed,
    "feedsvc_format": _Format,
    "feedsvc_kind": _Kind,
    "feedsvc_number": _Number,
    "feedsvc_name": _Name,
    "feedsvc_file": _File,
    "feedsvc_article": _Article,
}


def options(endpoint: str) -> dict[str, Any]:
    """Return the options of an endpoint's rule: no automatic redirects."""
    return {"strict_slashes": endpoint not in _SLASH_OPTIONAL, "merge_slashes": False}


@lru_cache(16)
def _map(rules: tuple[tuple[str, str], ...]) -> Map:
    """Return a map of rules, given as (endpoint, rule); compiling one takes about 20 ms."""
    table = Map(converters=CONVERTERS, merge_slashes=False)
    for endpoint, rule in rules:
        table.add(Rule(rule, endpoint=endpoint, **options(endpoint)))
    return table


class _Table:
    """A werkzeug map of rules, by endpoint."""

    def __init__(self, rules: Mapping[str, str]) -> None:
        self._adapter = _map(tuple(rules.items())).bind("")

    def match(self, path: str) -> Match | None:
        """Return the endpoint of a decoded path, and its arguments; None if there is none."""
        if not path.startswith("/") or path.startswith("//"):
            return None
        try:
            return self._adapter.match(path)
        except NotFound:
            return None

    def build(self, endpoint: str, **values: object) -> str:
        """Return the path of an endpoint."""
        return self._adapter.build(endpoint, values)


_OWN = _Table(RULES)

match = _OWN.match
build = lru_cache(4096)(_OWN.build)  # pages link to the same feeds again and again


def feed_path(ref: FeedRef, format: Format) -> str:
    """Return the path of a feed's subscription document: `/feeds/tag/c%2B%2B.rss`."""
    return build("feed", ref=ref, format=format)


def archive_path(ref: FeedRef, format: Format, number: int) -> str:
    """Return the path of an archive document of a feed: `/feeds/tag/c%2B%2B/archive/3.atom`."""
    return build("archive", ref=ref, format=format, number=number)


def page_path(ref: FeedRef, number: int | None = None) -> str:
    """Return the path of a feed's page, or of a numbered one: `/feeds/tag/c%2B%2B/page/3/`."""
    return build("page", ref=ref) if number is None else build("older", ref=ref, number=number)


def kind_path(kind: Kind) -> str:
    """Return the path of the list of all feeds of one kind: `/feeds/tag/`."""
    return build("kind", kind=kind)


def asset_path(name: str) -> str:
    """Return the path of a static asset: `/static/style.css`."""
    return build("asset", name=name)


def icon_path(name: str) -> str:
    """Return the path of an icon that clients request without a link: `/favicon.ico`."""
    return build("icon", name=name)


def sitemap_path(number: int | None = None) -> str:
    """Return the path of the sitemap, or of a part of it: `/sitemap-2.xml`."""
    return build("sitemap") if number is None else build("sitemap_part", number=number)


def stats_path(name: str | None = None) -> str:
    """Return the path of the statistics, or of one of their files: `/stats/badge.svg`."""
    return build("stats") if name is None else build("stats_file", name=name)


def category_scheme(base_url: str, kind: Kind) -> str:
    """Return the IRI that identifies a vocabulary of terms: the URL of the list of its feeds."""
    return urls.absolute(base_url, kind_path(kind))


OPML = build("opml")
HUB = build("hub")


def is_own(path: str) -> bool:
    """Return whether a decoded path is reserved, so that no alias may use it."""
    found = match(path)
    redirects = found and found[0] in _SLASH_OPTIONAL and not path.endswith("/")
    return path.startswith(_RESERVED) or bool(found and not redirects)


def _expression(path: str) -> re.Pattern[str]:
    """Return the expression for an old address, with or without a trailing slash."""
    return re.compile(re.escape(path.rstrip("/")).replace(r"\*", "([^/]+)") + "/?")


class UrlSettings(Protocol):
    """The settings that determine the URLs of a site. aliases: feeds by decoded path.

    old_addresses: patterns of paths that redirect to feeds if nothing else is there.
    """

    @property
    def base_url(self) -> str: ...
    @property
    def article_link(self) -> str: ...
    @property
    def aliases(self) -> Mapping[str, tuple[FeedRef, Format]]: ...
    @property
    def old_addresses(self) -> Sequence[urls.OldAddress]: ...


class Routes(_Table):
    """The URLs of one site: the rules above, its articles, and its aliases.

    Links within the site are paths, so that they work at any host; URLs that people copy or
    programs store are absolute, formed from `base_url` and never from the Host header.
    """

    def __init__(self, settings: UrlSettings) -> None:
        self._base_url = settings.base_url
        self._aliases = settings.aliases
        self._old = [(_expression(each.path), each) for each in settings.old_addresses]
        self.prefix = urlsplit(self._base_url).path.rstrip("/")
        self.rules = {**RULES}
        pattern = self.local(settings.article_link)
        if pattern.startswith("/"):  # otherwise articles are at another site
            self.rules["article"] = f"/<feedsvc_article('{quote(pattern, safe='')}'):slug>"
        super().__init__(self.rules)

    def match(self, path: str) -> Match | None:
        """Match articles and aliases, too.

        An alias has the endpoint "alias", with the `ref` and `format` of its feed.
        """
        if path in self._aliases:
            ref, format = self._aliases[path]
            return "alias", {"ref": ref, "format": format}
        return super().match(path)

    def old_feeds(self, path: str) -> Iterator[tuple[FeedRef, Format]]:
        """Yield the feeds that a decoded path may stand for as an old address, best first."""
        for expression, pattern in self._old:
            if match := expression.fullmatch(path):
                terms = [urls.term(each) for each in match.groups()]
                if all(urls.is_addressable(each) and not urls.term_excess(each) for each in terms):
                    yield FeedRef(pattern.ref.kind, *(terms or [pattern.ref.term])), pattern.format

    def local(self, url: str) -> str:
        """Return the decoded path below base_url of a link to this site; another link, decoded."""
        path, prefix = unquote(self.here(url)), unquote(self.prefix)
        return path[len(prefix) :] if f"{path}/".startswith(f"{prefix}/") else path

    def absolute(self, path: str) -> str:
        """Return the absolute URL of a path below base_url."""
        return urls.absolute(self._base_url, path)

    def here(self, url: str) -> str:
        """Return a path below base_url, or a URL of this site, as a link that works at any host.

        The URL of another site stays as it is.
        """
        if url == self._base_url or url.startswith(f"{self._base_url}/"):
            url = url[len(self._base_url) :] or urls.INDEX
        return urls.absolute(self.prefix, url)
