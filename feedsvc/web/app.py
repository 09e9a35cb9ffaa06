"""The blueprint that serves a publication, and the Flask app around it.

An entry point of the group `feedsvc.views` names a function that takes the Publication and returns
additional views, by endpoint in `feedsvc.routes`.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import StartResponse, WSGIApplication

from flask import Blueprint, Flask, abort, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from feedsvc import plugins
from feedsvc.errors import CatalogError, FeedsvcError
from feedsvc.publication import Publication
from feedsvc.routes import CONVERTERS, POSTED, Routes, options
from feedsvc.web.assets import asset
from feedsvc.web.documents import Documents
from feedsvc.web.moves import Redirects
from feedsvc.web.pages import Pages
from feedsvc.web.public import PublicRequests
from feedsvc.web.tags import Tagger

Views = Mapping[str, Callable[..., Response]]

GROUP = "feedsvc.views"
_METHODS = ("GET", "HEAD")
_NO_VIEWS: Views = {}


def create_app(publication: Publication, views: Views = _NO_VIEWS) -> Flask:
    """Return the app that serves a publication.

    views: additional views, by endpoint in `feedsvc.routes`, such as health and metrics.
    """
    # The name makes Flask log under "feedsvc.web".
    app = Flask("feedsvc.web", static_folder=None)
    app.url_map.merge_slashes = False
    app.before_request(_reject_invalid)
    routes = Routes(publication.settings)
    pages = Pages(publication, routes)
    app.register_blueprint(_blueprint(publication, routes, pages, views), url_prefix="")
    app.register_error_handler(HTTPException, pages.error)
    app.after_request(Tagger(publication.settings))
    app.wsgi_app = _mount(routes.prefix, app.wsgi_app)  # type: ignore[assignment, method-assign]
    return app


def create_blueprint(
    publication: Publication, name: str = "feedsvc", url_prefix: str | None = None
) -> Blueprint:
    """Return a blueprint that serves a publication in another app.

    url_prefix: by default the path of base_url. The endpoints are those of `feedsvc.routes`, as in
    `url_for("feedsvc.feed", ref=ref, format=format)`.
    """
    routes = Routes(publication.settings)
    blueprint = _blueprint(publication, routes, Pages(publication, routes), _NO_VIEWS, name)
    blueprint.after_request(Tagger(publication.settings))
    if url_prefix is not None:
        blueprint.url_prefix = url_prefix
    return blueprint


def _blueprint(
    publication: Publication, routes: Routes, pages: Pages, more: Views, name: str = "feedsvc"
) -> Blueprint:
    documents = Documents(publication, routes)
    moves = Redirects(publication, routes)
    public = PublicRequests(publication)
    views: dict[str, Callable[..., Response]] = {
        "index": pages.index,
        "opml": documents.opml,
        "sitemap": documents.sitemap,
        "sitemap_part": documents.sitemap,
        "icon": moves.icon,
        "asset": asset,
        "file": documents.file,
        "kind": pages.kind,
        "feed": documents.feed,
        "archive": documents.archive,
        "page": pages.feed,
        "older": pages.older,
        "article": pages.article,
        **more,
    }
    for plugin, additional in plugins.results(GROUP, dict, publication).items():
        if taken := views.keys() & additional:
            raise FeedsvcError(f"{plugin} ({GROUP}) replaces the view {min(taken)!r}; uninstall it")
        views |= additional
    blueprint = Blueprint(name, "feedsvc.web", url_prefix=routes.prefix)
    blueprint.record(lambda state: state.app.url_map.converters.update(CONVERTERS))
    for endpoint, rule in routes.rules.items():
        if endpoint in views:
            blueprint.add_url_rule(
                rule,
                endpoint,
                views[endpoint],
                provide_automatic_options=False,
                methods=["POST" if endpoint in POSTED else "GET"],
                **options(endpoint),
            )
    blueprint.before_app_request(moves.alias)
    blueprint.before_request(_reject_invalid)
    blueprint.before_request(lambda: public.observe(request.environ))
    blueprint.before_request(moves.old_feed)
    blueprint.before_request(moves.feed)
    blueprint.register_error_handler(HTTPException, pages.error)
    blueprint.register_error_handler(CatalogError, pages.unavailable)
    return blueprint


def _reject_invalid() -> None:
    """Reject unsupported methods and invalid paths before any view runs."""
    method = request.environ["REQUEST_METHOD"]  # Flask treats `get` as GET
    is_posted = method == "POST" and (request.endpoint or "").rpartition(".")[2] in POSTED
    if method not in _METHODS and not is_posted:
        raise MethodNotAllowed(_METHODS)
    # Werkzeug merges leading slashes. PostgreSQL rejects NUL.
    if request.environ["PATH_INFO"].startswith("//") or "\0" in request.path:
        abort(404)


def _mount(prefix: str, app: WSGIApplication) -> WSGIApplication:
    """Mount an app at the path of base_url, whether or not a proxy strips it.

    prefix: that path, percent-encoded; '' for none. Either way, it becomes SCRIPT_NAME.
    """
    prefix = unquote_to_bytes(prefix).decode("latin-1")  # the encoding of paths in PEP 3333

    def mounted(environ: dict[str, Any], start_response: StartResponse) -> Any:
        path = environ["PATH_INFO"]
        if f"{path}/".startswith(f"{prefix}/"):
            path = path[len(prefix) :]
        environ.update(SCRIPT_NAME=prefix, PATH_INFO=path or "/")
        return app(environ, start_response)

    return mounted
