"""What people read: the lists of feeds, a feed's page, an article, and errors, as HTML."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC
from http import HTTPStatus
from itertools import groupby
from urllib.parse import unquote, urlsplit

from flask import Flask, Response, abort, redirect, render_template
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.wrappers import Response as AnyResponse

from feedsvc import dates, urls
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError
from feedsvc.http.conditional import RETRY
from feedsvc.model import TERM_KINDS, Category, FeedRef, Format, Kind, Person
from feedsvc.publication import FeedSummary, Publication
from feedsvc.render import RENDERERS
from feedsvc.web.assets import Assets
from feedsvc.web.links import Links

logger = logging.getLogger("feedsvc.web")

FORMATS: Mapping[Format, str] = {Format.RSS: "RSS", Format.ATOM: "Atom", Format.JSON: "JSON"}
HEADINGS: Mapping[Kind, str] = {
    Kind.NAMED: "Selections",
    Kind.CATEGORY: "Categories",
    Kind.TAG: "Tags",
    Kind.AUTHOR: "Authors",
    Kind.LANGUAGE: "Languages",
}
ERRORS: Mapping[int, str] = {
    400: "This address cannot be read.",
    404: "There is nothing at this address.",
    405: "This address can be read, and nothing else.",
    410: "What was published here once has been withdrawn.",
    503: "This cannot be shown at the moment. Please try again soon.",
    500: "Something broke on our side. It has been noted; please try again later.",
}

_CACHING = "public, max-age=60, stale-if-error=86400"
# Of answers that something is elsewhere or no more. They are final, but for what the settings and
# the articles say tomorrow. A reader that lives in a browser may follow.
AWAY: Mapping[str, str] = {
    "Cache-Control": "public, max-age=3600, stale-if-error=86400",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
}
_SAFETY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src *; media-src *; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Content-Type-Options": "nosniff",
}


class Pages:
    """Views that answer a path that they know with a page."""

    def __init__(self, publication: Publication, links: Links) -> None:
        self._publication = publication
        self._links = links

    def index(self, path: str) -> Response | None:
        """Show every feed."""
        if path != urls.INDEX:
            return None
        # There is no feed at all before the first sync.
        feeds = self._publication.feeds()
        groups = groupby(feeds[1:], key=lambda feed: feed.ref.kind)
        return _page(
            "index.html",
            title=self._publication.settings.title,
            canonical=self._links.absolute(path),
            main=feeds[0] if feeds else None,
            groups=[(kind, list(members)) for kind, members in groups],
        )

    def kind(self, path: str) -> AnyResponse | None:
        """Show every feed of one kind."""
        for kind in TERM_KINDS:
            canonical = urls.kind_path(kind)
            if path == canonical:
                feeds = [feed for feed in self._publication.feeds() if feed.ref.kind is kind]
                return _page(
                    "kind.html",
                    title=HEADINGS[kind],
                    canonical=self._links.absolute(canonical),
                    kind=kind,
                    feeds=feeds,
                )
            if f"{path}/" == canonical:
                return redirect(self._links.kind(kind), 308)
        return None

    def feed(self, path: str) -> AnyResponse | None:
        """Show a feed and how to subscribe to it, or the way to the path that is its page's own."""
        asked = urls.parse_page_path(path) or urls.parse_page_path(f"{path}/")
        if asked is None:
            return None
        ref = FeedRef(asked.kind, urls.term(asked.term))
        feed = self._publication.feed(ref)
        if feed is None:
            abort(404)
        canonical = urls.page_path(ref)
        if unquote(canonical) != path:
            return redirect(self._links.page(ref), 308)
        settings = self._publication.settings
        own = settings.feed(ref.key)
        return _page(
            "feed.html",
            title=feed.title,
            canonical=self._links.absolute(canonical),
            alternates=[(feed.ref, feed.title)],
            language=ref.term if ref.kind is Kind.LANGUAGE else own.language,
            feed=feed,
            subtitle=feed.subtitle,
            entries=self._publication.entries(ref),
            page_of=self._page_of,
        )

    def article(self, path: str) -> AnyResponse | None:
        """Show an article, or the way to the path that is its own."""
        pattern = self._links.path(self._publication.settings.article_link)
        slug = urls.parse_article_path(pattern, path)
        if slug is None:
            return None
        page = self._publication.article(slug)
        if page is None:
            abort(410 if self._publication.withdrawn(slug) else 404)
        if self._links.path(page.link) != path:
            return redirect(self._links.here(page.link), 308)
        return _page(
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

    def _page_of(self, category: Category) -> str | None:
        """Link to the page of a category's feed, or of where that has moved; None if it is gone."""
        ref = self._links.category(category)
        if ref is None:
            return category.scheme
        settings = self._publication.settings
        if ref.key in settings.retired:
            return None
        return self._links.page(FeedRef.of(settings.moved.get(ref.key, ref.key)))


def prepare_templates(app: Flask, settings: Settings, links: Links, assets: Assets) -> None:
    """Give the templates what every page needs."""
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        asset=assets.link,
        errors=ERRORS,
        formats=[
            (ending, name, RENDERERS[ending].media_type.partition(";")[0])
            for ending, name in FORMATS.items()
        ],
        headings=HEADINGS,
        kinds=TERM_KINDS,
        links=links,
        settings=settings,
        site=(FeedRef(Kind.ALL), settings.feed(Kind.ALL).title or settings.title),
    )
    # Dates as ISO 8601 has them: there is no telling which language a site is read in.
    environment.filters.update(
        day=lambda moment: moment.date().isoformat(),
        minute=lambda moment: f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        rfc3339=dates.rfc3339,
        host=lambda url: urlsplit(url).hostname or url,
        file_name=lambda url: unquote(urlsplit(url).path.rpartition("/")[2]),
    )


def show_error(error: HTTPException) -> AnyResponse:
    """Answer an error with a page; the publication is not asked, for it may be what broke."""
    response = error.get_response()
    response.data = render_template("error.html", error=error, title=error.name)
    response.content_type = "text/html; charset=utf-8"
    response.headers.update(_SAFETY)
    if error.code == HTTPStatus.GONE:
        response.headers.update(AWAY)
    if "Allow" in response.headers:  # Werkzeug writes it in another order in each process
        response.headers["Allow"] = ", ".join(sorted(response.allow))
    return response


def show_unavailable(error: CatalogError) -> AnyResponse:
    """Answer while the catalog cannot be used."""
    logger.error("event=unavailable reason=%r", str(error))
    return show_error(ServiceUnavailable(retry_after=RETRY))


def _page(template: str, **values: object) -> Response:
    headers = {**_SAFETY, "Cache-Control": _CACHING}
    return Response(render_template(template, **values), headers=headers)


def _feed_of(person: Person, feeds: Sequence[FeedSummary]) -> FeedSummary | None:
    ref = FeedRef(Kind.AUTHOR, urls.term(person.name))
    return next((feed for feed in feeds if feed.ref == ref), None)
