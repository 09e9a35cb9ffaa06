"""Delivers documents to subscribers (WebSub 7, 8).

One coroutine takes turns: it records results and claims deliveries, both in one transaction, and
gives the claims to their hosts. Requests run beside it, some to each host at a time. Those that
take long do not count against the number of requests, so that slow subscribers delay no others.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from feedsvc import dates
from feedsvc.catalog import deliveries
from feedsvc.catalog.deliveries import Claim, DueFeed, Result
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError
from feedsvc.publication import Publication
from feedsvc.push.client import TIMEOUT, Client, ClientError
from feedsvc.push.hosts import Host, Hosts
from feedsvc.push.messages import Message, Messages

logger = logging.getLogger("feedsvc.push")

Observe = Callable[[str, float | None], None]
Key = tuple[int, str]  # of a message: the feed's number and the format

SETTLE = 0.4  # seconds after a revision until every origin shows it
_TURN = 0.05  # seconds between turns while there is work
_IDLE = 0.1  # seconds between looks at the newest revision
_RETRIES = 1.0  # seconds between looks for what is due again
_RETRY = 1.0  # seconds after a failure of the catalog
_CLAIMED = 3000  # claims of this process at a time
_BATCH = 500  # claims of one feed in a turn
_FEEDS = 50  # claimed from in a turn
_AT_ONCE = 256  # requests that have not taken long
_SLOW = 2.0  # seconds from which on a request takes long
_MARGIN = 5  # seconds between the last end of a request and the end of its claim
_FAULT = 60  # seconds until the next try after a fault of ours
_TROUBLE = (429, 500, 502, 503, 504)  # statuses by which a host says that it is overloaded


class Flight(NamedTuple):
    """A request in progress. started: monotonic."""

    host: Host
    started: float


@dataclass(slots=True)
class Turn:
    """What one turn does in the database, and what came of it."""

    results: list[Result]
    crowded: dict[str, int]  # seconds by host, for which its due deliveries are postponed
    room: int
    look: bool  # for due feeds
    claims: list[Claim]
    due: list[DueFeed]
    now: int = 0
    started: float = 0.0


class Deliverer:
    """Delivers until it is stopped.

    observe: called with each outcome (delivered, failed, given-up, gone), and for deliveries with
    the seconds since the revision was committed. slow: how many requests may take long.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        publication: Publication,
        client: Client,
        observe: Observe = lambda _outcome, _lag: None,
        slow: int = 1500,
    ) -> None:
        self._catalog = catalog
        self._publication = publication
        self._client = client
        self._observe = observe
        self._max_slow = slow
        self._messages = Messages(settings, publication)
        self._made: dict[Key, Message] = {}
        self._hosts = Hosts()
        self._flights: dict[asyncio.Task[None], Flight] = {}
        self._slow = 0
        self._claimed = 0
        self._results: list[Result] = []
        self._crowded: dict[str, int] = {}
        self._due: list[DueFeed] = []
        self._state = ""
        self._changed = self._looked = time.monotonic()
        self._offset = 0.0  # of the database's clock from the monotonic one
        self._deadline = 0.0
        self._failure = ""
        self._thread = ThreadPoolExecutor(1, "feedsvc-deliveries")
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        """Deliver until `stopping` is set; then end the requests in progress as far as possible."""
        while not self.stopping.is_set():
            pause = await self._take_turn()
            self._send()
            try:
                await asyncio.wait_for(self.stopping.wait(), pause)
            except TimeoutError:
                pass

    async def close(self, patience: float) -> None:
        """Return what is not sent yet, and wait so many seconds for requests in progress."""
        self._release(self._hosts.drain_all(), 0)
        if self._flights:
            _, late = await asyncio.wait([*self._flights], timeout=patience)
            for task in late:  # whether they arrive is not known: their claims end by themselves
                task.cancel()
        turn = Turn(self._results, {}, 0, False, [], [])
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._exchange, turn)
        except CatalogError as error:
            self._log(error)
        self._thread.shutdown()

    async def _take_turn(self) -> float:
        """Record results and claim deliveries; return the seconds until the next turn."""
        self._watch_slow()
        try:
            turn = await self._in_thread(self._turn)
        except CatalogError as error:
            self._log(error)
            return _RETRY
        except Exception:
            logger.exception("event=failed")
            return _RETRY
        self._failure = ""
        if turn:
            for claim in turn.claims:
                self._accept(claim)
        return _TURN if self._due or self._results or self._claimed else _IDLE

    # In the thread of the database. ---------------------------------------------------------------

    def _turn(self) -> Turn | None:
        now = time.monotonic()
        state, _ = self._publication.state()
        if state != self._state:
            self._state, self._changed, self._looked = state, now, 0.0
        settled = now >= self._changed + SETTLE
        look = settled and not self._due and now >= self._looked + _RETRIES
        room = min(_CLAIMED - self._claimed, _CLAIMED) if settled else 0
        if look:
            self._looked = now
        results, self._results = self._results, []
        crowded, self._crowded = self._crowded, {}
        turn = Turn(results, crowded, room, look, [], [])
        if look and not results and not crowded and not self._has_due():
            return None
        try:
            if results or crowded or look or (self._due and room):
                self._exchange(turn)
        except BaseException:
            self._results = results + self._results
            raise
        self._make_messages(turn.claims)
        return turn

    def _has_due(self) -> bool:
        """Return whether there is anything to claim, in a transaction that writes nothing."""
        with self._catalog.reading() as connection:
            return bool(deliveries.due_feeds(connection, deliveries.clock(connection)))
