"""The Flask app: which view answers a path, and what an error looks like."""

from collections.abc import Callable
from functools import partial

from flask import Flask, abort, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from feedsvc.publication import Publication
from feedsvc.web.assets import Assets
from feedsvc.web.documents import Documents
from feedsvc.web.links import Links
from feedsvc.web.pages import Pages, prepare_templates, show_error

View = Callable[[str], Response | None]


def create_app(publication: Publication) -> Flask:
    """Return the app that shows a publication to the world."""
    # The name makes Flask log under "feedsvc.web".
    app = Flask("feedsvc.web", static_folder=None)
    links = Links(publication.settings.base_url)
    assets = Assets(links)
    documents = Documents(publication, links)
    pages = Pages(publication, links)
    prepare_templates(app, publication.settings, links, assets)
    # An article may stand wherever the settings say, so it is looked for last.
    views: tuple[View, ...] = (
        documents.feed,
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
    return app


def _answer(links: Links, views: tuple[View, ...], _: str = "") -> Response:
    """Answer with the first view that knows the path; a view that knows better aborts."""
    path = links.local(request.path)
    if "\0" in path:  # PostgreSQL cannot be asked for it
        abort(404)
    for view in views:
        response = view(path)
        if response is not None:
            return response
    abort(404)
