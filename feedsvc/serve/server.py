"""Assembles a serving process: the app, edge, watch, limits, metrics and status."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication

from flask import Flask

from feedsvc import web
from feedsvc.failures import Failures
from feedsvc.publication import Publication
from feedsvc.serve.edge import Edge
from feedsvc.serve.limits import create_limits
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.observers import Observer, observers
from feedsvc.serve.status import Status
from feedsvc.serve.watch import Watch
from feedsvc.web.public import PublicRequests

logger = logging.getLogger("feedsvc.serve")


def create_server(publication: Publication) -> Edge:
    """Return the edge with the app behind it, for a process of `feedsvc serve`."""
    _, edge, starts = _build(publication)
    for start in starts:
        start()
    return edge


def create_app(publication: Publication, on_first_request: Sequence[Callable[[], None]]) -> Flask:
    """Return the Flask app with the edge inside it, for other servers.

    on_first_request: called once in each process. Threads start only then, as a server may fork
    after it has loaded the app.
    """
    app, edge, starts = _build(publication)
    app.wsgi_app = _after((*starts, *on_first_request), edge)  # type: ignore[assignment, method-assign]
    return app


def _build(publication: Publication) -> tuple[Flask, Edge, list[Callable[[], None]]]:
    """Return the app, the edge in front of it, and the functions that start their threads."""
    metrics = Metrics()
    watch = Watch(publication, metrics.flush)
    settings = publication.settings.serve
    observing = observers(publication)
    views = dict(Status(settings, watch, metrics).views)
    for each in observing:
        views |= each.views
    app = web.create_app(publication, views)
    on_request = PublicRequests(publication).observe
    edge = Edge(app.wsgi_app, watch, metrics, create_limits(settings), on_request, observing)
    return app, edge, [watch.start, *(partial(_start, each) for each in observing)]


def _start(observer: Observer) -> None:
    """Start an observer of another package; if it fails, polls are answered all the same."""
    try:
        observer.start()
    except Exception as error:  # noqa: BLE001
        Failures(logger, "observer-failed").failed(f"{type(observer).__module__}: {error!r}")


def _after(callbacks: Iterable[Callable[[], None]], app: WSGIApplication) -> WSGIApplication:
    """Return an app that calls functions before its first response."""
    pending = list(callbacks)
    lock = threading.Lock()

    def run(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if pending:
            with lock:
                while pending:
                    pending.pop(0)()
        return app(environ, start_response)

    return run
