"""Reads the bodies of requests, and answers these requests, without blocking any others.

One thread awaits all bodies; a few others call the application, which may wait for the catalog.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope

from feedsvc.http.conditional import plain
from feedsvc.routes import MAX_BODY

Handler = Callable[[Scope, HTTPProtocol, bytes], None]

logger = logging.getLogger("feedsvc.serve")

PATIENCE = 10.0  # seconds in which a body has to arrive
_MOST = 1_000  # maximum of requests that are not answered yet
_THREADS = 2


class Bodies:
    """Takes requests with a body. Threads are started lazily, with the first one.

    loop: the event loop that Granian has to notify when a body has arrived.
    """

    def __init__(self, answer: Handler) -> None:
        """answer: answers a request, given its body."""
        self.loop = asyncio.new_event_loop()
        self._answer = answer
        self._pool = ThreadPoolExecutor(_THREADS, "feedsvc-bodies")
        self._thread = threading.Thread(
            target=self.loop.run_forever, name="feedsvc-loop", daemon=True
        )
        self._guard = threading.Lock()
        self._open = 0  # requests that are not answered yet

    def take(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Take a request, to be answered later by another thread; refuse it if there are too many.

        The body is left unread, and is empty for the application, if it has no length or is longer
        than the application accepts.
        """
        with self._guard:
            if self._open >= _MOST:
                _refuse(protocol, 503, "Too many requests", ("Retry-After", str(int(PATIENCE))))
                return
            self._open += 1
            if not self._thread.ident:
                self._thread.start()
        asyncio.run_coroutine_threadsafe(self._handle(scope, protocol), self.loop)

    async def _handle(self, scope: Scope, protocol: HTTPProtocol) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                body = await protocol() if 0 < _length(scope) <= MAX_BODY else b""
        except TimeoutError:
            _refuse(protocol, 408, "The form did not arrive in time")
        except Exception:  # noqa: BLE001 - Granian's, when the client has gone away
            _refuse(protocol, 400, "The form did not arrive")
        else:
            await self.loop.run_in_executor(self._pool, self._call, scope, protocol, body)
        finally:
            with self._guard:
                self._open -= 1

    def _call(self, scope: Scope, protocol: HTTPProtocol, body: bytes) -> None:
        try:
            self._answer(scope, protocol, body)
        except Exception:
            logger.exception("event=failed")
            _refuse(protocol, 500, "The server has failed")


def _length(scope: Scope) -> int:
    """Return the Content-Length of a request; 0 if it has none."""
    field = scope.headers.get("content-length", "")
    return int(field) if field.isdecimal() else 0


def _refuse(protocol: HTTPProtocol, status: int, reason: str, *more: Any) -> None:
    text = f"{reason}.\n".encode()
    protocol.response_bytes(status, plain(text, *more), text)
