"""Views for people: the home page, lists of feeds, a feed's pages, an article, and errors."""

import logging
import time
from collections.abc import Mapping, Sequence
from functools import cache
from heapq import nlargest
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from urllib.parse import unquote

from flask import Response, abort, redirect, request
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from feedsvc import dates, features, routes, urls
from feedsvc.errors import CatalogError
from feedsvc.http.caching import caching
from feedsvc.http.conditional import RETRY
from feedsvc.model import TERM_KINDS, Category, FeedRef, Kind, Person
from feedsvc.publication import FeedSummary, Publication
from feedsvc.web import assets, metadata, moves
from feedsvc.web.environment import environment, site_feeds
from feedsvc.web.interface import interface

logger = logging.getLogger("feedsvc.web")

_ON_HOME_PAGE = 10  # articles
_IN_GROUP = 40  # feeds of one kind on the home page
_MAX_AGE = 60  # seconds


@cache
def _safety() -> Mapping[str, str]:
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'self'; script-src {assets.script_sources()}; "
            "img-src *; media-src *; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "X-Content-Type-Options": "nosniff",
    }


class Pages:
    """Views that return HTML, and error pages."""

    def __init__(self, publication: Publication, table: routes.Routes) -> None:
        self._publication = publication
        self._settings = publication.settings
        self._table = table
        self._interface = interface(self._settings.language)
        self._templates = environment(self._settings, table, self._interface)
        self._kinds = {
            routes.category_scheme(self._settings.base_url, kind): kind for kind in TERM_KINDS
        }

    def index(self) -> Response:
        """Show the newest articles, how to subscribe, and the feeds."""
        feeds = self._publication.feeds()
        main = feeds[0] if feeds else None
        groups = groupby(feeds[1:], key=lambda feed: feed.ref.kind)
        url = self._table.absolute(urls.INDEX)
        return self._page(
            "index.html",
            title=self._settings.title,
            canonical=url,
            structured=metadata.website(self._settings, url),
            description=self._settings.subtitle,
            image=self._settings.image and self._table.absolute(self._settings.image.url),
            main=main,
            entries=self._publication.entries(main.ref)[:_ON_HOME_PAGE] if main else [],
            page_of=self._page_of,
            groups=[_group(kind, list(members)) for kind, members in groups],
        )

    def kind(self, kind: Kind) -> Response:
        """Show every feed of one kind."""
        moves.redirect_to_canonical(self._table)
        return self._page(
            "kind.html",
            title=self._interface.headings[kind],
            canonical=self._table.absolute(routes.kind_path(kind)),
            kind=kind,
            feeds=[feed for feed in self._publication.feeds() if feed.ref.kind is kind],
        )

    def feed(self, ref: FeedRef) -> Response:
        """Show how to subscribe to a feed, and its newest articles."""
        return self._feed(ref, None)

    def older(self, ref: FeedRef, number: int) -> Response:
        """Show older articles of a feed. number: of the page, from 1 = oldest."""
        return self._feed(ref, number)

    def _feed(self, ref: FeedRef, number: int | None) -> Response:
        feed = self._publication.feed(ref)
        if feed is None or (number or 0) > feed.pages:
            abort(404)
        moves.redirect_to_canonical(self._table)
        own = self._settings.feed(ref.key)
        before = feed.pages if number is None else number - 1
        return self._page(
            "feed.html",
            title=feed.title,
            canonical=self._table.absolute(routes.page_path(ref, number)),
            alternates=dict.fromkeys(((feed.ref, feed.title), *site_feeds(self._settings))),
            language=ref.term if ref.kind is Kind.LANGUAGE else own.language,
            description=feed.subtitle,
            feed=feed,
            number=number,
            older=routes.page_path(ref, before) if before else None,
            newer=_newer(feed, number),
            entries=self._publication.entries(ref, number),
            page_of=self._page_of,
        )

    def article(self, slug: str) -> AnyResponse:
        """Show an article, or redirect to its URL."""
        page = self._publication.article(slug)
        if page is None:
            abort(410 if self._publication.withdrawn(slug) else 404)
        if unquote(self._table.here(page.link)) != request.script_root + request.path:
            return redirect(page.link, 308)
        return self._page(
            "article.html",
            title=page.entry.title,
            canonical=page.link,
            structured=metadata.posting(self._settings, page.entry, page.link),
            language=page.entry.language,
            description=page.entry.summary,
            image=page.entry.image,
            entry=page.entry,
            page=page,
            additions=[
                found
                for each in features.installed()
                if (found := each.addition(page.entry, self._publication.files.at))
            ],
            byline=[(person, _feed_of(person, page.feeds)) for person in page.entry.authors],
        )

    def error(self, error: HTTPException) -> AnyResponse:
        """Return an error page. Does not use the publication, as that may have failed."""
        response = error.get_response()
        code = error.code or 500
        response.data = self._templates.get_template("error.html").render(
            code=code,
            title=self._interface.titles.get(code, error.name),
            explanation=self._interface.errors.get(code, error.description),
        )
        response.content_type = "text/html; charset=utf-8"
        response.headers.update(_safety())
        if code == HTTPStatus.GONE:
            response.headers.update(moves.HEADERS)
        if "Allow" in response.headers:  # Werkzeug writes it in another order in each process
            response.headers["Allow"] = ", ".join(sorted(response.allow))
        return response

    def unavailable(self, error: CatalogError) -> AnyResponse:
        """Return the error page for an unavailable catalog."""
        logger.error("event=unavailable reason=%r", str(error))
        return self.error(ServiceUnavailable(retry_after=RETRY))

    def _page(self, template: str, **values: object) -> Response:
        cache = self._settings.purged
        headers = [*_safety().items(), *caching(_MAX_AGE, cache, self._left() if cache else None)]
        return Response(self._templates.get_template(template).render(values), headers=headers)

    def _left(self) -> int | None:
        """Return the seconds until the next release or expiry; None if none is due."""
        _, due = self._publication.state()
        return max(0, int(dates.epoch(due) - time.time())) if due else None

    def _page_of(self, category: Category) -> str | None:
        """Return the URL of the page of a category's feed, after moves; None if it is retired."""
        kind = self._kinds.get(category.scheme)
        if kind is None:
            return category.scheme
        key = FeedRef(kind, category.term).key
        if key in self._settings.retired:
            return None
        return self._table.here(routes.page_path(FeedRef.of(self._settings.moved.get(key, key))))


def _newer(feed: FeedSummary, number: int | None) -> str | None:
    """Return the path of the page after a numbered one."""
    if number is None:
        return None
    return routes.page_path(feed.ref, number + 1 if number < feed.pages else None)


def _group(kind: Kind, feeds: list[FeedSummary]) -> tuple[Kind, list[FeedSummary], int]:
    """Return the largest feeds of a kind, in the same order, and the number of all."""
    largest = {each.ref for each in nlargest(_IN_GROUP, feeds, key=attrgetter("entries"))}
    return kind, [feed for feed in feeds if feed.ref in largest], len(feeds)


def _feed_of(person: Person, feeds: Sequence[FeedSummary]) -> FeedSummary | None:
    ref = FeedRef(Kind.AUTHOR, urls.term(person.name))
    return next((feed for feed in feeds if feed.ref == ref), None)
