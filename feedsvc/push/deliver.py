"""Delivers documents to subscribers (WebSub 7, 8).

One coroutine runs a loop: in each turn it hands results to the ledger, gets claims, and queues
these for their hosts. Requests run concurrently, limited for each host. Slow ones do not count
against the limit of all requests, so that slow subscribers do not delay others.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from feedsvc.errors import CatalogError
from feedsvc.failures import Failures
from feedsvc.push.client import TIMEOUT, Client, ClientError, Response
from feedsvc.push.hosts import Host, Hosts
from feedsvc.push.ledger import Exchange, Ledger
from feedsvc.push.messages import Message
from feedsvc.push.store.deliveries import (
    CLAIM,
    MAX_ATTEMPTS,
    MAX_WAIT,
    DeliveryClaim,
    Result,
    backoff,
)

logger = logging.getLogger("feedsvc.push")

Observe = Callable[[str, float | None], None]

_TURN = 0.05  # seconds between turns while there is work
_RETRY = 1.0  # seconds after a failure of the catalog
_CLAIMED = 3000  # claims at a time
_AT_ONCE = 256  # concurrent requests, without slow ones
_LONG = 2.0  # seconds after which a request counts as slow
_MARGIN = 5  # seconds between the latest end of a request and the end of its claim
_FAULT = 60  # seconds until the next try after an error on our side
_GONE = 410
_TROUBLE = (429, 500, 502, 503, 504)  # statuses of an overloaded host


class InProgress(NamedTuple):
    """A request in progress. started: by the monotonic clock."""

    host: Host
    started: float


class Active(NamedTuple):
    """A claim that is queued or in progress. end: of its time to start, by the monotonic clock."""

    claim: DeliveryClaim
    message: Message
    end: float


class Deliverer:
    """Delivers until it is stopped.

    observe: called with each outcome (delivered, failed, given-up, gone), and for deliveries with
    the seconds since the revision was committed. slow: the maximum of concurrent slow requests.
    """

    def __init__(
        self,
        ledger: Ledger,
        client: Client,
        observe: Observe = lambda _outcome, _lag: None,
        slow: int = 1500,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._observe = observe
        self._max_slow = slow
        self._thread = ThreadPoolExecutor(1, "feedsvc-deliveries")
        self._hosts = Hosts()
        self._active: dict[str, Active] = {}  # by the id of the claim
        self._requests: dict[asyncio.Task[None], InProgress] = {}
        self._slow = 0
        self._results: list[Result] = []
        self._postponed: dict[str, int] = {}
        self._failures = Failures(logger, "catalog-lost")
        self._offset = 0.0  # from the monotonic clock to that of the database

    async def run(self, stopping: asyncio.Event, patience: float = 5) -> None:
        """Deliver until an event is set; then wait for requests in progress.

        patience: the maximum wait in seconds.
        """
        while not stopping.is_set():
            pause = await self._take_turn()
            if pause is None:
                await self._idle(stopping)
                continue
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause)
        for claim in self._hosts.drain_all():
            self._release(claim, 0)
        if self._requests:
            await asyncio.wait([*self._requests], timeout=patience)
        for task in self._requests:  # whether they arrive is unknown; their claims will expire
            task.cancel()
        await asyncio.gather(*self._requests, return_exceptions=True)
        await self._exchange(0)
        self._thread.shutdown()

    async def _idle(self, stopping: asyncio.Event) -> None:
        """Wait until something may be due, or the event is set."""
        tasks = [
            asyncio.create_task(asyncio.to_thread(self._ledger.wait)),
            asyncio.create_task(stopping.wait()),
        ]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    async def _take_turn(self) -> float | None:
        """Record results and claim deliveries; return the seconds until the next turn.

        None if there is nothing to do until something changes.
        """
        self._notice_slow()
        room = _CLAIMED - len(self._active)
        exchange = await self._exchange(max(0, room))
        if exchange is None:
            return _RETRY
        self._offset = exchange.now - exchange.at
        for claim, message in exchange.claimed:
            self._accept(claim, message, exchange.at + CLAIM - TIMEOUT - _MARGIN)
        self._send()
        return _TURN if exchange.is_busy or self._results or self._requests else None

    async def _exchange(self, room: int) -> Exchange | None:
        """Exchange with the ledger; None if that failed, and the results are kept."""
        results, self._results = self._results, []
        postponed, self._postponed = self._postponed, {}
        loop = asyncio.get_running_loop()
        try:
            exchange = await loop.run_in_executor(
                self._thread, self._ledger.exchange, results, postponed, room
            )
        except CatalogError as error:
            self._failures.failed(str(error))
        except Exception:
            logger.exception("event=failed")
        else:
            self._failures.ended()
            return exchange
        self._results = results + self._results
        return None

    def _accept(self, claim: DeliveryClaim, message: Message | None, end: float) -> None:
        """Queue a claim for its host, or release it if the host takes no more."""
        if known := self._active.get(claim.id):  # claimed again, as a change of the clock ended it
            self._active[claim.id] = known._replace(claim=claim)
            return
        if message is None:
            self._release(claim, _FAULT)
            return
        host = self._hosts[claim.host]
        if wait := host.wait(time.monotonic()):
            self._postponed[host.name] = wait
            self._release(claim, wait)
            return
        self._active[claim.id] = Active(claim, message, end)
        self._hosts.queue(claim)

    def _release(self, claim: DeliveryClaim, wait: int) -> None:
        """Release a claim for another try. wait: seconds until then."""
        next_try = self._now() + wait if wait else 0
        self._finish(claim, None, claim.attempts, next_try)

    def _finish(
        self,
        claim: DeliveryClaim,
        revision: int | None,
        attempts: int = 0,
        next_try: int = 0,
        gone: bool = False,
    ) -> None:
        active = self._active.pop(claim.id, None)
        latest = active.claim if active else claim
        self._results.append(Result(latest, revision, attempts, next_try, gone))

    def _send(self) -> None:
        """Send as many queued claims as the limits allow."""
        most = _AT_ONCE + min(self._slow, self._max_slow)
        while len(self._requests) < most and (found := self._hosts.next()):
            host, claim = found
            now = time.monotonic()
            _, message, end = self._active[claim.id]
            if now > end:
                self._hosts.ended(host)
                self._release(claim, 0)
                continue
            task = asyncio.create_task(self._deliver(claim, message, host))
            self._requests[task] = InProgress(host, now)
            task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        host, started = self._requests.pop(task)
        if time.monotonic() > started + _LONG:
            self._slow = max(0, self._slow - 1)
        self._hosts.ended(host)
        if not task.cancelled() and (error := task.exception()):
            logger.error("event=failed", exc_info=error)  # the claim expires
        self._send()

    async def _deliver(self, claim: DeliveryClaim, message: Message, host: Host) -> None:
        """Send a message, and handle the response."""
        started = time.monotonic()
        try:
            headers = self._ledger.headers(message, claim.secret)
        except CatalogError as error:  # sealed with another key
            self._fail(claim, message, str(error), 0)
            return
        try:
            response = await self._client.post(claim.callback, message.body, headers)
        except ClientError as error:
            host.failed(time.monotonic())
            self._fail(claim, message, str(error), 0)
        else:
            if response.status in _TROUBLE:
                host.failed(time.monotonic())
            else:
                host.answered(soon=time.monotonic() < started + _LONG)
            self._handle(claim, message, response)
        now = time.monotonic()
        if host.queue and now < host.closed:
            self._give_up_queue(host, host.wait(now))

    def _handle(self, claim: DeliveryClaim, message: Message, response: Response) -> None:
        """Record the response of a subscriber."""
        if response.is_success:
            self._finish(claim, message.revision)
            self._observe("delivered", max(0.0, time.time() - message.instant))
        elif response.status == _GONE:
            self._finish(claim, None, gone=True)
            self._log(claim, "gone", "status 410")
        else:
            wait = response.retry_after(MAX_WAIT) if response.status in _TROUBLE else 0
            self._fail(claim, message, f"status {response.status}", wait)

    def _fail(self, claim: DeliveryClaim, message: Message, reason: str, wait: int) -> None:
        attempts = claim.attempts + 1
        if attempts >= MAX_ATTEMPTS:
            self._finish(claim, message.revision)
            self._log(claim, "given-up", reason)
        else:
            next_try = self._now() + max(wait, backoff(attempts))
            self._finish(claim, None, attempts, next_try)
            self._log(claim, "failed", reason)

    def _notice_slow(self) -> None:
        """Count the slow requests, and empty the queues of their hosts."""
        before, self._slow = time.monotonic() - _LONG, 0
        for host, started in self._requests.values():  # in the order in which they started
            if started > before:
                break
            self._slow += 1
            host.slow = True
            if host.queue:
                self._give_up_queue(host, host.wait(time.monotonic()))

    def _give_up_queue(self, host: Host, wait: int) -> None:
        """Release all claims queued for a host, and postpone its other due deliveries."""
        self._postponed[host.name] = wait
        for claim in self._hosts.drain(host):
            self._release(claim, wait)

    def _now(self) -> int:
        return int(time.monotonic() + self._offset)

    def _log(self, claim: DeliveryClaim, outcome: str, reason: str) -> None:
        self._observe(outcome, None)
        logger.info(
            "event=%s host=%s subscription=%s reason=%r", outcome, claim.host, claim.id, reason
        )
