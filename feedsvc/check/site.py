"""Validates a whole site as it would be published now, in a temporary catalog.

The site's own catalog is neither read nor written, so that a clean checkout can be validated, and a
running server is not affected.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import structs

from feedsvc import routes, urls
from feedsvc.catalog import queries
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import Progress, rehearsing, sync
from feedsvc.check import archives, content, enclosures, feed, site_settings
from feedsvc.check.published import Entry
from feedsvc.config.settings import FILE, Settings
from feedsvc.errors import Problem
from feedsvc.fetch import Answer, FetchError
from feedsvc.model import FeedRef, Format, Kind
from feedsvc.publication import Publication
from feedsvc.sources.protocol import ArticleSource, Listing, Reading
from feedsvc.sources.site import Sources
from feedsvc.web.oldfeeds import OldFeeds


def validate(
    settings: Settings,
    now: datetime,
    progress: Progress | None = None,
    ask: Callable[[Iterable[str]], Mapping[str, Answer | FetchError]] | None = None,
) -> list[Problem]:
    """Return the problems of a site: settings, files, articles, feeds. Raises FeedsvcError.

    ask: returns the answers to HEAD requests for URLs; None to send none.
    """
    with (
        TemporaryDirectory(prefix="feedsvc-check-") as folder,
        Catalog(f"sqlite:///{folder}/catalog.db") as catalog,
    ):
        apart = structs.replace(settings, database=f"sqlite:///{folder}/catalog.db")
        recorded = [_Recorded(source) for source in Sources.of(apart).all]
        sources = Sources(*recorded)
        catalog.create()
        report = sync(catalog, apart, now, progress, sources=sources)
        publication = Publication(apart, catalog, sources=sources)
        broken = cache(_Targets(publication).broken)
        readings = {path: found for each in recorded for path, found in each.readings.items()}
        toml = _read(settings.site / FILE)
        problems = [
            *site_settings.validate(apart, toml, lambda url: broken(url) is None),
            *report.problems,
            *content.validate(readings, now, broken),
            *_validate_feeds(publication, now),
        ]
        if ask:
            elsewhere = list(enclosures.remote(readings, apart.base_url))
            answers = ask({each.url for _, _, each in elsewhere})
            for path, line, each in elsewhere:
                problems += enclosures.validate(path, line, each, answers[each.url])
    return sorted(problems)


def entries(
    settings: Settings, now: datetime, progress: Progress | None = None
) -> tuple[list[Entry], int]:
    """Return all entries of the site's feed after a sync, newest first, and how many it shows.

    The site's catalog is used because it keeps the ids; it is not changed, nor created if missing.
    Raises FeedsvcError.
    """
    with TemporaryDirectory(prefix="feedsvc-check-") as folder, Catalog(settings.database) as own:
        exists = own.check()
        with own if exists else Catalog(f"sqlite:///{folder}/catalog.db") as catalog:
            if not exists:
                catalog.create()
            with rehearsing(catalog, settings, now, progress) as (_, connection):
                row = queries.feed(connection, FeedRef(Kind.ALL))
                if row is None:
                    return [], 0
                limit = settings.feed(row.ref.key).limit
                current = queries.current_entries(connection, row.number, row.unarchived, limit)
                rest = queries.current_entries(connection, row.number, row.unarchived, row.entries)
                numbers = list(dict.fromkeys(number for number, _ in (*current, *rest)))
                articles = queries.articles(connection, numbers)
    found = [articles[number] for number in numbers]
    return [Entry(each.id, each.link, each.title, each.published) for each in found], len(current)


class _Recorded(ArticleSource):
    """A source that keeps the readings of its articles, so that none is read twice."""

    def __init__(self, source: ArticleSource) -> None:
        self.name = source.name
        self.readings: dict[str, Reading] = {}  # by the key as shown in Problems
        self._source = source

    def listing(self) -> Listing:
        """List the source."""
        return self._source.listing()

    def display_name(self, key: str) -> str:
        """Return a key as shown in Problems."""
        return self._source.display_name(key)

    def file(self, path: str) -> Path | None:
        """Return a local file of the source."""
        return self._source.file(path)

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        """Read some articles."""
        for reading in self._source.read(keys):
            self.readings[self.display_name(reading.key)] = reading
            yield reading


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # removed since it was loaded
        return b""


def _validate_feeds(publication: Publication, now: datetime) -> Iterator[Problem]:
    found: list[Problem] = []
    for summary in publication.feeds():
        for format in Format:
            documents = dict(_documents(publication, summary.ref, format))
            for url, body in documents.items():
                found += feed.validate(body, url, url, now)
            if len(documents) > 1:
                links = {url: archives.links(body, format) for url, body in documents.items()}
                for findings in archives.validate_chain(next(iter(links)), links):
                    found += findings.problems()
    return _without_repetitions(found)


def _documents(
    publication: Publication, ref: FeedRef, format: Format
) -> Iterator[tuple[str, bytes]]:
    """Yield the URL and bytes of a feed's subscription document, then of its archives."""
    base_url = publication.settings.base_url
    document = publication.document(ref, format)
    if document:
        yield urls.absolute(base_url, routes.feed_path(ref, format)), document.body
    number = 1
    while document := publication.archive(ref, format, number):
        yield urls.absolute(base_url, routes.archive_path(ref, format, number)), document.body
        number += 1


def _without_repetitions(found: Iterable[Problem]) -> Iterator[Problem]:
    """Yield each problem once, as an article may be in many feeds."""
    alike: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in found:
        alike[problem.code, problem.message].append(problem)
    for first, *others in alike.values():
        more = len({each.path for each in others} - {first.path})
        message = f"{first.message} (also in {more} other feeds)" if more else first.message
        yield replace(first, message=message)


class _Targets:
    """Resolves the URLs of one site."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._routes = routes.Routes(publication.settings)
        self._old = OldFeeds(publication, self._routes)
        self._base = urlsplit(publication.settings.base_url)

    def broken(self, url: str) -> str | None:
        """Return why a URL is broken; None if it is not, or if it leads out of the site."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return "which is not a URL"
        base, folder = self._base, self._base.path.rstrip("/")
        is_of_site = (parts.scheme.lower(), parts.netloc.lower()) == (
            base.scheme.lower(),
            base.netloc.lower(),
        )
        if not is_of_site or not f"{parts.path}/".startswith(f"{folder}/"):
            return None
        path = unquote(parts.path[len(folder) :]) or urls.INDEX
        endpoint, values = self._routes.match(path) or ("", {})
        if endpoint == "article":
            found = self._publication.article(values["slug"])
            leads = found or self._old.target(path)
            return None if leads else "which is not a public article"
        exists = self._exists(endpoint, values) or self._old.target(path)
        return None if exists else "which does not exist"

    def _exists(self, endpoint: str, values: Mapping[str, Any]) -> bool:
        """Return whether an endpoint has content, or redirects to one that has."""
        publication = self._publication
        match endpoint, values:
            case "file", {"path": path}:
                return bool(publication.files.find(path) or publication.files.derived(path))
            case _, {"ref": ref}:
                settings = publication.settings
                target = FeedRef.of(settings.moved.get(ref.key, ref.key))
                if target.key in settings.retired:
                    return False
                if endpoint == "archive" and target == ref:
                    return publication.archive(**values) is not None
                feed = publication.feed(target)
                if endpoint == "older" and target == ref:
                    return feed is not None and values["number"] <= feed.pages
                return feed is not None
        return endpoint in {"index", "opml", "sitemap", "kind", "asset", "icon"}
