"""One site, for programs that embed feedsvc: its articles, feeds and documents, and a Flask app.

This module is the public API together with the names that `feedsvc` exports; docs/library.md shows
it in use. Everything else may change between releases.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from flask import Blueprint, Flask

from feedsvc import sources, urls
from feedsvc.catalog.recovery import create, make_ready_elected
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, sync
from feedsvc.config import head
from feedsvc.errors import DamagedError, OutdatedError
from feedsvc.model import Document, Entry, FeedRef, Format
from feedsvc.publication import FeedSummary, Publication
from feedsvc.serve import server
from feedsvc.serve.writer import Writer
from feedsvc.web.app import create_blueprint

logger = logging.getLogger("feedsvc.catalog")


class Site:
    """A site whose catalog is open. Thread-safe.

    Use `Site.open`. As a context manager, it is closed at the end of the block. Every method may
    raise FeedsvcError, whose message is one sentence.
    """

    def __init__(self, publication: Publication, catalog: Catalog) -> None:
        self._publication = publication
        self._catalog = catalog
        self._writer: Writer | None = None

    @classmethod
    def open(
        cls, path: str | os.PathLike[str] = ".", environ: Mapping[str, str] | None = None
    ) -> Self:
        """Open the site in a folder.

        The catalog is created if it is missing, upgraded if an earlier version created it, and
        rebuilt if it is damaged.
        environ: variables that override the settings file, by default `os.environ`.
        """
        loaded = sources.load(Path(path), os.environ if environ is None else environ)
        catalog = Catalog(loaded.database)
        try:
            if damage := _make_ready(catalog):
                logger.error("event=damaged reason=%r", damage)
        except BaseException:
            catalog.close()
            raise
        # Its own hub needs a process of `feedsvc push --worker`, so the settings must ask for it.
        hubs = head.hubs(loaded, own=bool(loaded.push.own))
        return cls(Publication(loaded, catalog, hubs=hubs), catalog)

    def sync(
        self, *, force: bool = False, progress: Callable[[int, int], None] | None = None
    ) -> SyncReport:
        """Read the articles that changed, and publish the result.

        force: publish even what looks like an accident, such as the withdrawal of most articles,
        which otherwise raises WithdrawalError. progress: called with the number of articles read
        so far, and the number to read. Problems of single articles are in the report.
        """
        now = datetime.now(UTC)
        return sync(self._catalog, self._publication.settings, now, progress, force)

    def feeds(self) -> list[FeedSummary]:
        """Return all listed feeds, the site feed first."""
        return self._publication.feeds()

    def document(self, key: str, format: Format | str) -> Document | None:
        """Return the subscription document of a feed; None if there has never been such a feed.

        key: as in `FeedSummary.ref.key`: "all", "tag/mali", or the name of a custom feed. format:
        "rss", "atom" or "json"; any other raises ValueError.
        """
        wanted = Format(format)
        try:
            ref = FeedRef.of(key)
        except ValueError:
            return None
        return self._publication.document(FeedRef(ref.kind, urls.term(ref.term)), wanted)

    def articles(self) -> Iterator[Entry]:
        """Yield all published articles with their full text, newest first."""
        return self._publication.articles()

    def close(self) -> None:
        """Stop the writer, if any, and close the catalog."""
        if self._writer:
            self._writer.stop()
        self._catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start_writer(self) -> None:
        """Publish changes and scheduled articles from a thread, as `feedsvc serve` does.

        Of all processes that do so for one catalog, one is elected to write; the others wait. Call
        it after a server has forked, not before. Later calls do nothing.
        """
        if self._writer is None:
            self._writer = Writer(self._publication.settings, self._catalog)
            self._writer.start()


def blueprint(site: Site, url_prefix: str | None = None) -> Blueprint:
    """Return a Flask blueprint that serves a site in another app.

    url_prefix: its place in the app, by default the path of the site's base_url. Links always start
    with base_url; another prefix is for an app behind a proxy that changes paths.
    Endpoints are `feedsvc.index`, `feedsvc.feed`, `feedsvc.article` and so on; see docs/library.md.
    """
    return create_blueprint(site._publication, url_prefix=url_prefix)


def create_app(path: str | os.PathLike[str] | None = None, *, writer: bool = False) -> Flask:
    """Return a Flask app that serves the site in a folder, for `flask --app` and WSGI servers.

    path: the site's folder, by default what FEEDSVC_SITE names, or the current folder. writer: also
    publish changes, from a thread of each process; without it, run `feedsvc sync`.
    Threads start at a process's first request, so a server may load the app before it forks.
    """
    site = Site.open(os.environ.get("FEEDSVC_SITE", ".") if path is None else path)
    on_first_request = [site.start_writer] if writer else []
    return server.create_app(site._publication, on_first_request)


def _make_ready(catalog: Catalog) -> str | None:
    """Create, upgrade or rebuild a catalog if necessary; return a message about damage, or None."""
    try:
        create(catalog)
    except (OutdatedError, DamagedError):
        return make_ready_elected(catalog)
    return None
