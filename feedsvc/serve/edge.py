"""Answers polls from memory, in front of Flask: path -> dictionary -> ready representation.

What is not there, or no longer new, Flask is asked for, once for all who ask at the same time. The
view that answers leaves its Representation in the WSGI environment, and the edge remembers it. The
edge renders nothing and knows no feed: only paths, revisions and bytes.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication
from wsgiref.util import setup_testing_defaults

from feedsvc import urls
from feedsvc.http.conditional import FEED_KEY, REPRESENTATION_KEY, RETRY, Answer, answer, plain
from feedsvc.http.representation import QUICK, Headers, Representation
from feedsvc.lru import LRUCache
from feedsvc.serve.limits import Limits
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.watch import Watch

_BYTES = 40_000_000  # of all that is remembered
_AHEAD = 0.25  # seconds for which a new revision may wait for what is asked for often
_METHODS = frozenset({"GET", "HEAD"})
_ALWAYS = frozenset({urls.HEALTH, urls.METRICS})  # paths that ask the catalog nothing
_UNAVAILABLE = b"This cannot be shown at the moment. Please try again soon.\n"

Environ = dict[str, Any]


@dataclass(slots=True, eq=False)
class _Kept:
    """What is remembered of a path. as_of: the newest revision when it was last known to be new.

    feed: its key, for counting. size: as it was put away. asked: when it last was, by the monotonic
    clock; 0 if not since the last revision. making: codings under way.
    """

    shown: Representation
    feed: str
    as_of: int
    size: int = 0
    asked: float = 0
    making: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Response:
    """What Flask answered."""

    line: str = ""
    headers: Headers = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)

    def __call__(self, line: str, headers: Headers, _: Any = None) -> Any:
        """Take line and headers, as `start_response` of PEP 3333."""
        self.line, self.headers = line, headers


@dataclass(slots=True)
class _Flight:
    """One request under way that others wait for."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    aboard: int = 0


class Edge:
    """The WSGI application. Safe to share between threads."""

    def __init__(
        self, app: WSGIApplication, watch: Watch, metrics: Metrics, limits: Limits | None = None
    ) -> None:
        self._app = app
        self._watch = watch
        self._metrics = metrics
        self._limits = limits
        self._kept = LRUCache[str, _Kept](_BYTES, attrgetter("size"))
        self._flights: dict[str, _Flight] = {}
        self._guard = threading.Lock()
        self._maker = ThreadPoolExecutor(1, "feedsvc-codings")
        watch.prepare = self._renew

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in _METHODS or not urls.is_document(path):
            return self._pass_on(environ, start_response)
        kept = self._kept.get(path)
        if kept is None or not self._watch.is_new(kept.as_of):
            found = self._fetch(path, environ)
            if isinstance(found, _Response):
                return self._send(found, start_response)
            kept = found
        kept.asked = time.monotonic()
        if self._watch.lost:  # a delta may have to be asked for, and nobody waits for it in vain
            environ.pop("HTTP_A_IM", None)
        sent = answer(kept.shown, environ, time.time(), self._watch.due)
        if self._limits and (refused := self._limits.refuse(environ, sent)):
            sent = refused
        self._metrics.count(kept.feed, sent, len(kept.shown.document.body))
        if sent.wanted or kept.size != kept.shown.size:
            self._grow(path, kept, sent)
        start_response(sent.line, sent.headers)
        return [sent.body]

    def _pass_on(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._watch.lost and environ["PATH_INFO"] not in _ALWAYS:  # nobody waits for it in vain
            return self._send(_unavailable(), start_response)

        def start(line: str, headers: Headers, *more: Any) -> Any:
            self._metrics.count_page(line[:3])
            return start_response(line, headers, *more)

        return self._app(environ, start)

    def _send(self, response: _Response, start_response: StartResponse) -> Iterable[bytes]:
        self._metrics.count_page(response.line[:3])
        start_response(response.line, response.headers)
        return response.body

    def _renew(self) -> None:
        """Bring up to date what is asked for often, before the coming revision counts.

        Otherwise all who poll would wait, after each revision, for the first of them.
        """
        end = time.monotonic() + _AHEAD
        kept = [(path, self._kept.get(path)) for path in self._kept.keys()]  # noqa: SIM118 - no mapping
        asked = [(each.asked, path, each) for path, each in kept if each and each.asked]
        for _, path, each in sorted(asked, reverse=True):
            if time.monotonic() < end:
                environ: Environ = {"PATH_INFO": path}
                setup_testing_defaults(environ)  # all that PEP 3333 asks for
                each.asked = 0
                self._fetch(path, environ)

    def _fetch(self, path: str, environ: Environ) -> _Kept | _Response:
        """Bring what is remembered of a path up to date, or return what Flask says instead.

        While the catalog cannot be reached, the last that was known of a path goes on.
        """
        with self._flight(path):
            kept = self._kept.get(path)
            # Looked at before rendering: what is committed meanwhile makes the entry stale again.
            as_of = self._watch.coming
            if kept and (kept.as_of == as_of or self._watch.lost):
                return kept
            if self._watch.lost:
                return _unavailable()
            started = time.perf_counter()
            response = self._ask(environ)
            shown = environ.get(REPRESENTATION_KEY)
            if shown is None:
                if kept and response.line.startswith("503"):
                    return kept
                self._kept.drop(path)
                return response
            if kept and _same(kept.shown, shown):
                kept.as_of = as_of
                return kept
            self._metrics.rendered(time.perf_counter() - started)
            shown.make(QUICK)
            kept = _Kept(shown, environ[FEED_KEY], as_of)
            self._put(path, kept)
            return kept

    def _ask(self, environ: Environ) -> _Response:
        response = _Response()
        body = self._app(environ, response)
        try:
            response.body = list(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return response

    @contextmanager
    def _flight(self, path: str) -> Iterator[None]:
        """Let one request for a path after the other through."""
        with self._guard:
            flight = self._flights.setdefault(path, _Flight())
            flight.aboard += 1
        try:
            with flight.lock:
                yield
        finally:
            with self._guard:
                flight.aboard -= 1
                if not flight.aboard:
                    del self._flights[path]

    def _grow(self, path: str, kept: _Kept, sent: Answer) -> None:
        """See to a coding that a client would have liked better; count what has been made."""
        wanted = sent.wanted
        if wanted and sent.shown is kept.shown and wanted not in kept.making:
            kept.making.add(wanted)
            self._maker.submit(self._make, path, kept, wanted)
        elif kept.size != kept.shown.size:
            self._put(path, kept)

    def _make(self, path: str, kept: _Kept, coding: str) -> None:
        kept.shown.make(coding)
        self._put(path, kept)

    def _put(self, path: str, kept: _Kept) -> None:
        with self._guard:
            known = self._kept.get(path)
            if known in (None, kept) or kept.as_of >= known.as_of:
                kept.size = kept.shown.size
                self._kept.put(path, kept)


def _same(one: Representation, other: Representation) -> bool:
    return _said(one) == _said(other)


def _said(shown: Representation) -> tuple[object, ...]:
    return shown.document.tag, shown.instant, shown.max_age


def _unavailable() -> _Response:
    headers = plain(_UNAVAILABLE, ("Retry-After", str(RETRY)))
    return _Response("503 Service Unavailable", headers, [_UNAVAILABLE])
