"""Views for people: the lists of feeds, a feed's page, an article, and errors, as HTML."""

import logging
import re
from collections.abc import Mapping, Sequence
from datetime import UTC
from http import HTTPStatus
from itertools import groupby
from urllib.parse import unquote, urlsplit

from flask import Response, abort, redirect, request
from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from feedsvc import dates, routes, urls
from feedsvc.errors import CatalogError
from feedsvc.http.conditional import RETRY
from feedsvc.model import TERM_KINDS, Category, FeedRef, Format, Kind, Person
from feedsvc.publication import FeedSummary, Publication
from feedsvc.render import RENDERERS
from feedsvc.web import assets, moves

logger = logging.getLogger("feedsvc.web")

FORMATS: Mapping[Format, str] = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}
HEADINGS: Mapping[Kind, str] = {
    Kind.NAMED: "Selections",
    Kind.CATEGORY: "Categories",
    Kind.TAG: "Tags",
    Kind.AUTHOR: "Authors",
    Kind.LANGUAGE: "Languages",
    Kind.SECTION: "Sections",
}
ERRORS: Mapping[int, str] = {
    400: "The server could not understand this request.",
    404: "There is nothing at this address.",
    405: "This address only supports GET and HEAD.",
    410: "What was published at this address has been withdrawn.",
    503: "This cannot be shown at the moment. Please try again soon.",
    500: "An internal error occurred. It has been logged; please try again later.",
}

_TAG = re.compile(r"<[a-z][^>]*")
_CACHING = "public, max-age=60, stale-if-error=86400"
_SAFETY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src *; media-src *; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
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
        self._templates = self._environment()
        self._kinds = {
            routes.category_scheme(self._settings.base_url, kind): kind for kind in TERM_KINDS
        }

    def index(self) -> Response:
        """Show every feed."""
        feeds = self._publication.feeds()
        groups = groupby(feeds[1:], key=lambda feed: feed.ref.kind)
        return self._page(
            "index.html",
            title=self._settings.title,
            canonical=self._table.absolute(urls.INDEX),
            main=feeds[0] if feeds else None,
            groups=[(kind, list(members)) for kind, members in groups],
        )

    def kind(self, kind: Kind) -> Response:
        """Show every feed of one kind."""
        moves.redirect_to_canonical()
        return self._page(
            "kind.html",
            title=HEADINGS[kind],
            canonical=self._table.absolute(routes.kind_path(kind)),
            kind=kind,
            feeds=[feed for feed in self._publication.feeds() if feed.ref.kind is kind],
        )

    def feed(self, ref: FeedRef) -> Response:
        """Show a feed and how to subscribe to it."""
        feed = self._publication.feed(ref) or abort(404)
        moves.redirect_to_canonical()
        own = self._settings.feed(ref.key)
        return self._page(
            "feed.html",
            title=feed.title,
            canonical=self._table.absolute(routes.page_path(ref)),
            alternates=[(feed.ref, feed.title)],
            language=ref.term if ref.kind is Kind.LANGUAGE else own.language,
            feed=feed,
            subtitle=feed.subtitle,
            entries=self._publication.entries(ref),
            page_of=self._page_of,
        )

    def article(self, slug: str) -> AnyResponse:
        """Show an article, or redirect to its URL."""
        page = self._publication.article(slug)
        if page is None:
            abort(410 if self._publication.withdrawn(slug) else 404)
        canonical = self._table.here(page.link)
        if unquote(canonical) != request.script_root + request.path:
            return redirect(canonical, 308)
        return self._page(
            "article.html",
            title=page.entry.title,
            canonical=page.link,
            alternates=[(feed.ref, feed.title) for feed in page.feeds],
            language=page.entry.language,
            description=page.entry.summary,
            entry=page.entry,
            feeds=page.feeds,
            byline=[(person, _feed_of(person, page.feeds)) for person in page.entry.authors],
        )

    def error(self, error: HTTPException) -> AnyResponse:
        """Return an error page. Does not use the publication, which may be what failed."""
        response = error.get_response()
        response.data = self._templates.get_template("error.html").render(
            error=error, title=error.name
        )
        response.content_type = "text/html; charset=utf-8"
        response.headers.update(_SAFETY)
        if error.code == HTTPStatus.GONE:
            response.headers.update(moves.HEADERS)
        if "Allow" in response.headers:  # Werkzeug writes it in another order in each process
            response.headers["Allow"] = ", ".join(sorted(response.allow))
        return response

    def unavailable(self, error: CatalogError) -> AnyResponse:
        """Return the error page for an unavailable catalog."""
        logger.error("event=unavailable reason=%r", str(error))
        return self.error(ServiceUnavailable(retry_after=RETRY))

    def _page(self, template: str, **values: object) -> Response:
        headers = {**_SAFETY, "Cache-Control": _CACHING}
        return Response(self._templates.get_template(template).render(values), headers=headers)

    def _page_of(self, category: Category) -> str | None:
        """Return the URL of the page of a category's feed, after moves; None if it is retired."""
        kind = self._kinds.get(category.scheme)
        if kind is None:
            return category.scheme
        key = FeedRef(kind, category.term).key
        if key in self._settings.retired:
            return None
        return self._table.here(routes.page_path(FeedRef.of(self._settings.moved.get(key, key))))

    def _local_links(self, sanitised: str) -> str:
        """Make the absolute URLs of this site in attributes of sanitised HTML relative.

        Entries carry absolute URLs. Pages must also work when they are served elsewhere than at
        base_url.
        """
        ours, here = f'="{self._table.absolute("/")}', f'="{self._table.here("/")}'
        return _TAG.sub(lambda tag: tag[0].replace(ours, here), sanitised)

    def _environment(self) -> Environment:
        """Return a private Jinja environment, independent of the app that has the blueprint."""
        environment = Environment(
            loader=PackageLoader("feedsvc.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        settings = self._settings
        environment.globals.update(
            absolute=self._table.absolute,
            asset=lambda name: self._table.here(assets.path(name)),
            errors=ERRORS,
            feed_path=routes.feed_path,
            formats=[
                (ending, name, RENDERERS[ending].media_type.partition(";")[0])
                for ending, name in FORMATS.items()
            ],
            headings=HEADINGS,
            here=self._table.here,
            kind_path=routes.kind_path,
            kinds=TERM_KINDS,
            opml=self._table.here(routes.OPML),
            index=self._table.here(urls.INDEX),
            page_path=routes.page_path,
            settings=settings,
            site=(FeedRef(Kind.ALL), settings.feed(Kind.ALL).title or settings.title),
        )
        # ISO 8601 dates, as the reader's language is unknown.
        environment.filters.update(
            day=lambda moment: moment.date().isoformat(),
            minute=lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
            rfc3339=dates.rfc3339,
            host=lambda url: urlsplit(url).hostname or url,
            local_links=self._local_links,
            file_name=lambda url: unquote(urlsplit(url).path.rpartition("/")[2]),
        )
        return environment


def _feed_of(person: Person, feeds: Sequence[FeedSummary]) -> FeedSummary | None:
    ref = FeedRef(Kind.AUTHOR, urls.term(person.name))
    return next((feed for feed in feeds if feed.ref == ref), None)
