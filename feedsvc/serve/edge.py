"""Answers polls from an in-memory cache in front of Flask: path -> cache entry -> representation.

On a miss, or after a new revision, one request goes to Flask and all others for the same path wait
for its result (single-flight). The view leaves its Representation in the WSGI environment, from
which the edge takes it. The edge renders nothing and knows no feeds, only paths, revisions and
bytes.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any
from weakref import WeakValueDictionary
from wsgiref.types import StartResponse, WSGIApplication
from wsgiref.util import setup_testing_defaults

from feedsvc import urls
from feedsvc.failures import Failures
from feedsvc.http.caching import Headers
from feedsvc.http.conditional import (
    FEED_KEY,
    REPRESENTATION_KEY,
    RETRY,
    Answer,
    answer,
    keep,
    plain,
)
from feedsvc.http.representation import QUICK, Representation
from feedsvc.lru import LRUCache
from feedsvc.serve.limits import Limits
from feedsvc.serve.metrics import Metrics
from feedsvc.serve.observers import Observer
from feedsvc.serve.watch import Watch

logger = logging.getLogger("feedsvc.serve")

_CACHE_SIZE = 40_000_000  # bytes
_REFRESH_TIME = 0.25  # seconds by which refreshing popular paths may delay a new revision
_METHODS = frozenset({"GET", "HEAD"})
_NO_CATALOG = frozenset({urls.HEALTH, urls.METRICS})  # paths that do not need the catalog
_UNAVAILABLE = b"This cannot be shown at the moment. Please try again soon.\n"

Environ = dict[str, Any]


@dataclass(slots=True, eq=False)
class _CacheEntry:
    """The cached representation of a path.

    feed: the feed's key, for metrics. checked: the newest revision when the representation was last
    known to be current. size: its size in bytes when it was put into the cache. used: time of the
    last request by the monotonic clock; 0 if there was none since the last revision. encoding:
    content codings that are being compressed in the background.
    """

    representation: Representation
    feed: str
    checked: int
    size: int = 0
    used: float = 0
    encoding: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Response:
    """A response from Flask."""

    line: str = ""
    headers: Headers = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)

    def __call__(self, line: str, headers: Headers, _: Any = None) -> Any:
        """Record status line and headers, as `start_response` of PEP 3333."""
        self.line, self.headers = line, headers


class Edge:
    """The WSGI application. Thread-safe."""

    def __init__(
        self,
        app: WSGIApplication,
        watch: Watch,
        metrics: Metrics,
        limits: Limits | None = None,
        on_request: Callable[[Environ], None] = lambda _: None,
        observers: Sequence[Observer] = (),
    ) -> None:
        """on_request: called with every request whose path may be that of a document.

        observers: notified of every answer and of every feed that does not exist.
        """
        self._observers = observers
        self._unobserved = Failures(logger, "observer-failed")
        self._app = app
        self._on_request = on_request
        self._watch = watch
        self._metrics = metrics
        self._limits = limits
        self._cache = LRUCache[str, _CacheEntry](_CACHE_SIZE, attrgetter("size"))
        self._locks = WeakValueDictionary[str, threading.Lock]()  # of paths that are being fetched
        self._guard = threading.Lock()
        self._encoder = ThreadPoolExecutor(1, "feedsvc-codings")
        watch.prepare = self._refresh

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (PEP 3333)."""
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in _METHODS or not urls.is_document(path):
            return self._pass_on(environ, start_response)
        self._on_request(environ)
        entry = self._cache.get(path)
        if entry is None or not self._watch.is_current(entry.checked):
            fetched = self._fetch(path, environ)
            if isinstance(fetched, _Response):
                if fetched.line.startswith("404"):
                    self._miss(environ)
                return self._send(fetched, start_response)
            entry = fetched
        entry.used = time.monotonic()
        if self._watch.lost:  # a delta may need the catalog, and would wait for it in vain
            environ.pop("HTTP_A_IM", None)
        representation = entry.representation
        is_fresh = not representation.is_purged or self._watch.is_fresh(entry.checked)
        sent = answer(representation, environ, time.time(), self._watch.due, is_fresh)
        # Of several documents that a cache has, a 304 must not select an older one.
        if sent.status != 304 or "," in environ.get("HTTP_IF_NONE_MATCH", ""):
            sent = self._review(entry, environ, sent)
        whole = len(representation.document.body)
        self._metrics.count(entry.feed, sent, whole)
        try:
            for each in self._observers:
                each.count(environ, entry.feed, path, sent, whole)
        except Exception as error:  # noqa: BLE001 - of another package; polls go on
            self._unobserved.failed(type(error).__name__)
        if sent.missing or entry.size != representation.size:
            self._grow(path, entry, sent)
        start_response(sent.line, sent.headers)
        return [sent.body]

    def _review(self, entry: _CacheEntry, environ: Environ, sent: Answer) -> Answer:
        """Return a refusal, or a 304 if the client may have a newer document, or the answer."""
        if_none_match = environ.get("HTTP_IF_NONE_MATCH")
        if if_none_match and sent.status != 406:
            # All of them are checked, as `may_exist` records when a tag was first seen.
            possible = [
                held
                for held in entry.representation.newer(if_none_match)
                # A revision may have been seen since the entry was looked up.
                if self._watch.may_exist(held.etag, held.revision)
                or not self._watch.is_current(entry.checked)
            ]
            if possible:
                return keep(entry.representation, possible[0], time.time(), self._watch.due)
        return (self._limits and self._limits.refuse(environ, sent)) or sent

    def _miss(self, environ: Environ) -> None:
        try:
            for each in self._observers:
                each.miss(environ)
        except Exception as error:  # noqa: BLE001 - of another package; polls go on
            self._unobserved.failed(type(error).__name__)

    def _pass_on(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._watch.lost and environ["PATH_INFO"] not in _NO_CATALOG:
            return self._send(_unavailable(), start_response)

        def start(line: str, headers: Headers, *more: Any) -> Any:
            self._metrics.count_page(line[:3])
            return start_response(line, headers, *more)

        return self._app(environ, start)

    def _send(self, response: _Response, start_response: StartResponse) -> Iterable[bytes]:
        self._metrics.count_page(response.line[:3])
        start_response(response.line, response.headers)
        return response.body

    def _refresh(self) -> None:
        """Refresh popular paths, most recently used first, before a new revision takes effect.

        Otherwise all clients would wait for the first request after each revision.
        """
        end = time.monotonic() + _REFRESH_TIME
        entries = [(path, self._cache.get(path)) for path in self._cache.keys()]  # noqa: SIM118 - no mapping
        used = [(entry.used, path, entry) for path, entry in entries if entry and entry.used]
        for _, path, entry in sorted(used, reverse=True):
            if time.monotonic() < end:
                environ: Environ = {"PATH_INFO": path}
                setup_testing_defaults(environ)  # everything that PEP 3333 requires
                entry.used = 0
                self._fetch(path, environ)

    def _fetch(self, path: str, environ: Environ) -> _CacheEntry | _Response:
        """Return a current cache entry, or Flask's response if it has no representation.

        While the catalog is unavailable, an existing entry is returned as it is. Only one thread at
        a time fetches a path.
        """
        with self._lock(path):
            entry = self._cache.get(path)
            # Read before rendering, so that a later commit makes the entry stale again.
            revision = self._watch.coming
            if entry and (entry.checked == revision or self._watch.lost):
                return entry
            if self._watch.lost:
                return _unavailable()
            started = time.perf_counter()
            response = self._call_app(environ)
            representation = environ.get(REPRESENTATION_KEY)
            if representation is None:
                if entry and response.line.startswith("503"):
                    return entry
                self._cache.drop(path)
                return response
            if entry and _version(entry.representation) == _version(representation):
                entry.checked = revision
                return entry
            self._metrics.rendered(time.perf_counter() - started)
            representation.make(QUICK)
            entry = _CacheEntry(representation, environ[FEED_KEY], revision)
            self._put(path, entry)
            return entry

    def _call_app(self, environ: Environ) -> _Response:
        response = _Response()
        body = self._app(environ, response)
        try:
            response.body = list(body)
        finally:
            if hasattr(body, "close"):
                body.close()
        return response

    def _lock(self, path: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(path, threading.Lock())

    def _grow(self, path: str, entry: _CacheEntry, sent: Answer) -> None:
        """Start compressing a missing coding in the background; update the entry's size."""
        coding = sent.missing
        is_whole = sent.representation is entry.representation
        if coding and is_whole and coding not in entry.encoding:
            entry.encoding.add(coding)
            self._encoder.submit(self._encode, path, entry, coding)
        elif entry.size != entry.representation.size:
            self._put(path, entry)

    def _encode(self, path: str, entry: _CacheEntry, coding: str) -> None:
        entry.representation.make(coding)
        self._put(path, entry)

    def _put(self, path: str, entry: _CacheEntry) -> None:
        with self._guard:
            cached = self._cache.get(path)
            if cached in (None, entry) or entry.checked >= cached.checked:
                entry.size = entry.representation.size
                self._cache.put(path, entry)


def _version(representation: Representation) -> tuple[object, ...]:
    return representation.document.tag, representation.instant, representation.max_age


def _unavailable() -> _Response:
    headers = plain(_UNAVAILABLE, ("Retry-After", str(RETRY)))
    return _Response("503 Service Unavailable", headers, [_UNAVAILABLE])
