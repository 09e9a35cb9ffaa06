"""The app with everything that a serving process adds: edge, watch, limits, metrics, status."""

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication

from flask import Flask

from feedsvc import web
from feedsvc.publication import Publication
from feedsvc.serve.edge import Edge
from feedsvc.serve.limits import limits
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.status import Status
from feedsvc.serve.watch import Watch


class _Parts(NamedTuple):
    app: Flask
    edge: Edge
    watch: Watch


def create_server(publication: Publication) -> Edge:
    """Return the app with the edge in front of it, for a process that does nothing but serve."""
    parts = _build(publication)
    parts.watch.start()
    return parts.edge


def create_app(publication: Publication, on_first_request: Sequence[Callable[[], None]]) -> Flask:
    """Return the Flask app with the edge inside it, for other servers.

    on_first_request: called once in each process. Threads start only then, as a server may fork
    after it has loaded the app.
    """
    parts = _build(publication)
    start = (parts.watch.start, *on_first_request)
    parts.app.wsgi_app = _after(start, parts.edge)  # type: ignore[assignment, method-assign]
    return parts.app


def _build(publication: Publication) -> _Parts:
    metrics = Metrics()
    watch = Watch(publication, metrics.flush)
    serve = publication.settings.serve
    app = web.create_app(publication, Status(serve, watch, metrics).views)
    return _Parts(app, Edge(app.wsgi_app, watch, metrics, limits(serve)), watch)


def _after(start: Iterable[Callable[[], None]], app: WSGIApplication) -> WSGIApplication:
    """Return an app that calls some functions before its first answer."""
    waiting = list(start)
    lock = threading.Lock()

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if waiting:
            with lock:
                while waiting:
                    waiting.pop(0)()
        return app(environ, start_response)

    return answer
