"""The Flask app: which view answers a path, and what an error looks like."""

from collections.abc import Callable
from functools import partial

from flask import Flask, abort, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from feedsvc.errors import CatalogError
from feedsvc.publication import Publication
from feedsvc.web.assets import Assets
from feedsvc.web.documents import Documents
from feedsvc.web.links import Links
from feedsvc.web.moves import Moves
from feedsvc.web.pages import Pages, prepare_templates, show_error, show_unavailable

View = Callable[[str], Response | None]

_METHODS = ("GET", "HEAD")


def create_app(publication: Publication, *first: View) -> Flask:
    """Return the app that shows a publication to the world.

    first: views that come before those of the publication.
    """
    # The name makes Flask log under "feedsvc.web".
    app = Flask("feedsvc.web", static_folder=None)
    links = Links(publication.settings.base_url)
    assets = Assets(links)
    moves = Moves(publication, links)
    documents = Documents(publication, links)
    pages = Pages(publication, links)
    prepare_templates(app, publication.settings, links, assets)
    # An article may stand wherever the settings say, so it is looked for last.
    views: tuple[View, ...] = (
        *first,
        moves.alias,
        moves.feed,
        documents.feed,
        documents.archive,
        documents.opml,
        documents.file,
        assets.asset,
        pages.index,
        pages.kind,
        pages.feed,
        pages.article,
    )
    # One route for all paths: `feedsvc.urls` knows them, and Flask's own redirects would go to
    # wherever the Host header says.
    app.url_map.merge_slashes = app.url_map.strict_slashes = False
    answer = partial(_answer, links, views)
    for rule in ("/", "/<path:_>"):
        app.add_url_rule(rule, "answer", answer, provide_automatic_options=False)
    app.register_error_handler(HTTPException, show_error)
    app.register_error_handler(CatalogError, show_unavailable)
    return app


def _answer(links: Links, views: tuple[View, ...], _: str = "") -> Response:
    """Answer with the first view that knows the path; a view that knows better aborts."""
    if request.environ["REQUEST_METHOD"] not in _METHODS:  # Flask takes `get` for GET
        raise MethodNotAllowed(_METHODS)
    # Werkzeug takes any number of slashes at the beginning for one.
    if request.environ["PATH_INFO"].startswith("//"):
        abort(404)
    path = links.local(request.path)
    if "\0" in path:  # PostgreSQL cannot be asked for it
        abort(404)
    for view in views:
        response = view(path)
        if response is not None:
            return response
    abort(404)
