"""Judges a whole site as it would be published now, in a catalog of its own.

The site's catalog is neither read nor written, so that a clean checkout can be judged, and readers
notice nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import structs

from feedsvc import routes, urls
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import Progress, sync
from feedsvc.check import archives, content, feed, site_settings
from feedsvc.check.content import Written
from feedsvc.check.links import Targets
from feedsvc.config.settings import FILE, Settings
from feedsvc.errors import Problem
from feedsvc.model import FeedRef, Format
from feedsvc.publication import Publication
from feedsvc.sources import ArticleReader, scan
from feedsvc.sources.scan import shown_path


def judge(settings: Settings, now: datetime, progress: Progress | None = None) -> list[Problem]:
    """Return what is wrong with a site: settings, files, articles, feeds. Raises FeedsvcError."""
    with (
        TemporaryDirectory(prefix="feedsvc-check-") as folder,
        Catalog(f"sqlite:///{folder}/catalog.db") as catalog,
    ):
        apart = structs.replace(settings, database=f"sqlite:///{folder}/catalog.db")
        catalog.create()
        report = sync(catalog, apart, now, progress)
        publication = Publication(apart, catalog)
        targets = Targets(publication)
        problems = [
            *site_settings.judge(
                apart, _read(settings.site / FILE), lambda url: targets.broken(url) is None
            ),
            *report.problems,
            *content.judge(_written(apart), now, targets.broken),
            *_judge_feeds(publication, now),
        ]
    return sorted(problems)


def _written(settings: Settings) -> list[Written]:
    """Return the articles beside their texts; those that are none are in the report of the sync."""
    reader = ArticleReader(settings)
    written = []
    for file in scan(settings.content, settings.site, settings.tree.name).files.values():
        article = reader.read(file).article
        if article:
            text = _read(settings.content / file.path).decode("utf-8-sig", "replace")
            path = shown_path(settings.content, settings.site, file.path)
            written.append(Written(article, path, text.replace("\r\n", "\n").replace("\r", "\n")))
    return written


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone since it was found
        return b""


def _judge_feeds(publication: Publication, now: datetime) -> Iterator[Problem]:
    found: list[Problem] = []
    for summary in publication.feeds():
        for format in Format:
            documents = dict(_documents(publication, summary.ref, format))
            for url, body in documents.items():
                found += feed.judge(body, url, url, now)
            start, *rest = documents
            if rest:
                tied = {url: archives.links(body, url, format) for url, body in documents.items()}
                for findings in archives.judge_chain(start, tied):
                    found += findings.problems()
    return _once(found)


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


def _once(found: Iterable[Problem]) -> Iterator[Problem]:
    """Yield what is said of many feeds once, as an odd article is odd in all of its feeds."""
    alike: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in found:
        alike[problem.code, problem.message].append(problem)
    for first, *others in alike.values():
        more = len({each.path for each in others} - {first.path})
        said = f"{first.message} (also in {more} other feeds)" if more else first.message
        yield replace(first, message=said)
