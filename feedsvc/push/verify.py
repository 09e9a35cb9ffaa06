"""Verifies requests for subscriptions at their callbacks, and sends denials (WebSub 5.2, 5.3).

One coroutine runs a loop: in each turn it records results and claims requests, in one transaction.
Each request is sent by a task of its own.
"""

import asyncio
import logging
import secrets
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlencode

from feedsvc.catalog.store import Catalog, Transaction
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError
from feedsvc.failures import Failures
from feedsvc.push.client import ClientError, Response
from feedsvc.push.store import verifications
from feedsvc.push.store.deliveries import clock
from feedsvc.push.store.verifications import Request

logger = logging.getLogger("feedsvc.push")

_TURN, _IDLE = 0.2, 0.5  # seconds between turns, while there is work and while there is none
_RETRY = 1.0  # seconds after a failure of the catalog
_TENDING = 60.0  # seconds between cleanups
_AT_ONCE = 64  # concurrent requests
_AT_HOST = 4  # concurrent requests to one host
_LATER = (429, 500, 502, 503, 504)  # statuses of an overloaded host

Record = Callable[[Transaction, Request, int], object]


class Getter(Protocol):
    """The part of push.client.Client that is used here."""

    async def get(self, url: str) -> Response:
        """GET a URL. Raises ClientError."""


class Outcome(NamedTuple):
    """The outcome of a request. record: stores it. reason: of a failure; '' for success."""

    event: str
    record: Record
    reason: str = ""


class Verifier:
    """Verifies requests until it is cancelled, which is safe at any time."""

    def __init__(self, settings: Settings, catalog: Catalog, client: Getter) -> None:
        self._settings = settings
        self._catalog = catalog
        self._client = client
        self._thread = ThreadPoolExecutor(1, "feedsvc-verifications")
        self._tasks: dict[asyncio.Task[None], str] = {}  # with the callbacks' hosts
        self._results: list[tuple[Request, Outcome]] = []
        self._tended = -_TENDING
        self._failures = Failures(logger, "catalog-lost")

    async def run(self) -> None:
        """Verify requests until the task is cancelled."""
        try:
            while True:
                await asyncio.sleep(await self._take_turn())
        finally:
            for task in self._tasks:
                task.cancel()
            self._thread.shutdown(wait=False)

    async def _take_turn(self) -> float:
        """Record results, claim requests and send them; return the seconds until the next turn."""
        results, self._results = self._results, []
        hosts = Counter(self._tasks.values())
        busy = [host for host, count in hosts.items() if count >= _AT_HOST]
        room = _AT_ONCE - len(self._tasks)
        loop = asyncio.get_running_loop()
        try:
            claimed = await loop.run_in_executor(self._thread, self._exchange, results, room, busy)
        except CatalogError as error:
            self._results = results + self._results  # recorded later, unless their claims expire
            self._failures.failed(str(error))
            return _RETRY
        except Exception:
            logger.exception("event=failed")  # the claims of these results expire
            return _RETRY
        self._failures.ended()
        for request in claimed:
            task = asyncio.create_task(self._process(request))
            self._tasks[task] = request.host
            task.add_done_callback(self._end)
        return _TURN if self._tasks else _IDLE

    def _exchange(
        self, results: Collection[tuple[Request, Outcome]], room: int, busy: Collection[str]
    ) -> list[Request]:
        """Record results and return claimed requests. Runs in the thread for the catalog."""
        self._tend()
        with self._catalog.reading() as connection:
            if not results and not verifications.are_due(connection, clock(connection)):
                return []
        with self._catalog.concurrent() as connection:
            now = clock(connection)
            for request, outcome in results:
                outcome.record(connection, request, now)
            return verifications.claim(connection, now, room, _AT_HOST, busy) if room else []

    def _tend(self) -> None:
        """Periodically apply the settings to subscriptions, and remove what has expired."""
        if time.monotonic() >= self._tended + _TENDING:
            with self._catalog.concurrent() as connection:
                now = clock(connection)
                verifications.settle(connection, self._settings, now)
                verifications.purge(connection, now)
            self._tended = time.monotonic()

    async def _process(self, request: Request) -> None:
        outcome = await inform(request, self._client)
        self._results.append((request, outcome))
        logger.info(
            "event=%s host=%s subscription=%s reason=%r",
            *(outcome.event, request.host, request.subscription, outcome.reason),
        )

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if not task.cancelled() and (error := task.exception()):
            logger.error("event=failed", exc_info=error)  # the claim expires


async def inform(request: Request, client: Getter) -> Outcome:
    """Ask a callback whether it agrees, or send it a denial; return the outcome."""
    challenge = secrets.token_urlsafe(32)
    try:
        response = await client.get(with_parameters(request.callback, _query(request, challenge)))
    except ClientError as error:
        return Outcome("verification-failed", verifications.failed, str(error))
    if response.status in _LATER:
        status = f"status {response.status}"
        return Outcome("verification-failed", verifications.failed, status)
    if request.mode == "denied":
        return Outcome("denied", _close, request.reason)
    if not response.is_success:
        return Outcome("not-verified", _close, f"status {response.status}")
    if response.body != challenge.encode():
        return Outcome("not-verified", _close, "the response is not the challenge")
    return Outcome(f"{request.mode}d", verifications.verified)


def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """Return a URL with parameters appended to its query, which stays as it is (WebSub 5.3)."""
    joint = "?" if "?" not in url else "" if url.endswith(("?", "&")) else "&"
    return url + joint + urlencode(parameters, quote_via=quote)


def _query(request: Request, challenge: str) -> dict[str, str]:
    query = {"hub.mode": request.mode, "hub.topic": request.topic}
    if request.mode == "denied":
        return {**query, "hub.reason": request.reason}
    if request.mode == "subscribe":
        query["hub.lease_seconds"] = str(request.lease)
    return {**query, "hub.challenge": challenge, **request.parameters}


def _close(connection: Transaction, request: Request, _now: int) -> None:
    verifications.closed(connection, request)
