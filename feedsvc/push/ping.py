"""Notifies other hubs of changed topics; they fetch the documents themselves.

WebSub leaves this to hubs and publishers. All known hubs accept a form with `hub.mode=publish` and
`hub.url`, as in PubSubHubbub 0.4, 7.1; some call the latter `hub.topic`.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from feedsvc.model import Format
from feedsvc.publication import Publication
from feedsvc.push import caches as dialects
from feedsvc.push.client import Client, ClientError, Response
from feedsvc.push.follow import Follower
from feedsvc.push.ledger import SETTLE
from feedsvc.push.store import caches, hubs
from feedsvc.push.store.deliveries import MAX_WAIT, backoff
from feedsvc.push.store.hubs import Claim, Place
from feedsvc.routes import Routes, feed_path

logger = logging.getLogger("feedsvc.push")

# The maximum of topics in a request, by host; otherwise one. Hubs in PHP and Ruby read only the
# last of a repeated field, and Google's ignores further ones.
_SEVERAL = {"pubsubhubbub.appspot.com": 10}
_REQUESTS = 6  # concurrent ones to one hub
_MOST_WAITS = 5  # of SETTLE seconds, while revisions follow one another
_LONGEST_PURGE = 60  # seconds after which hubs are notified even if a cache was not purged
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Notified(NamedTuple):
    """The number of topics of which a hub was notified, or of keys purged from a cache.

    failure: the reason why not of all of them; '' if there was no failure.
    """

    number: int
    failure: str = ""


class Failure(NamedTuple):
    """The reason why a request failed, and the seconds that the server asks to wait."""

    reason: str
    wait: int = 0

    @classmethod
    def of(cls, response: Response) -> "Failure | None":
        """Return the failure that a response reports; None for a success."""
        if response.is_success:
            return None
        wait = response.retry_after(MAX_WAIT)
        return cls(f"it answers with the status {response.status}", wait)


class Pings:
    """Notifies the external hubs of a site.

    observe: called for each request with its outcome, `notified` or `failed`.

    All methods raise CatalogError.
    """

    def __init__(
        self,
        publication: Publication,
        client: Client,
        observe: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self._publication = publication
        self._settings = publication.settings
        self._routes = Routes(publication.settings)
        self._catalog = publication.catalog
        self._client = client
        self._observe = observe
        self._patience_end = 0  # the instant until which to wait for caches; 0 if not waiting

    async def run(self) -> None:
        """Notify the hubs of each revision until the task is cancelled."""
        follower = Follower(
            self._publication, self._notify_once_purged, SETTLE, _MOST_WAITS, self.add
        )
        await follower.run()

    async def _notify_once_purged(self, now: int, _settled: int) -> int | None:
        """Notify the hubs once the caches are purged, as hubs fetch the documents from these."""
        if await asyncio.to_thread(self._is_outdated):
            self._patience_end = self._patience_end or now + _LONGEST_PURGE
            if now < self._patience_end:
                return now + 1
        self._patience_end = 0
        return await self.notify(now)

    def _is_outdated(self) -> bool:
        """Return whether a cache has not been purged of every revision yet."""
        names = [each.name for each in dialects.caches(self._settings.purged)]
        with self._catalog.reading() as connection:
            return any(each.pending for each in caches.states(connection, names))

    async def notify(self, now: int) -> int | None:
        """Notify every hub that is due of the changes that it does not know yet.

        Call it at the start, which adds new hubs, after each revision, and at the instant that it
        returns, which is the next at which a hub is due; None if no changes are pending.
        """
        urls = self._settings.push.external
        await asyncio.gather(*(self.notify_hub(url, now) for url in urls))
        return await asyncio.to_thread(self._next, now)

    async def notify_hub(self, url: str, now: int, early: bool = False) -> Notified:
        """Notify one hub until it knows all changes or a request fails. early: see hubs.claim."""
        started, topics = time.monotonic(), 0
        claim = await asyncio.to_thread(self._claim, url, now, early)
        while claim:
            place, named = await asyncio.to_thread(self._changed, claim)
            failure = await self._send(url, named)
            present = now + int(time.monotonic() - started)
            if failure:
                await asyncio.to_thread(self._fail, claim, present, failure)
                return Notified(topics, failure.reason)
            topics += len(named)
            claim = await asyncio.to_thread(self._advance, claim, place, present)
        return Notified(topics)

    def add(self, everything: bool = False) -> list[str]:
        """Add the hubs that the catalog does not have yet, and return them.

        everything: make all hubs due for all feeds, whatever they know.
        """
        with self._catalog.concurrent() as connection:
            added = hubs.add(connection, self._settings.push.external)
            if everything:
                hubs.restart(connection, self._settings.push.external)
        return added

    def _claim(self, url: str, now: int, early: bool) -> Claim | None:
        with self._catalog.concurrent() as connection:
            hubs.add(connection, [url])
            return hubs.claim(connection, url, now, early)

    def _changed(self, claim: Claim) -> tuple[Place, list[str]]:
        """Return the next changed topics, preceded by the place of the last of them."""
        count = max(1, _REQUESTS * _several(claim.url) // len(Format))
        with self._catalog.reading() as connection:
            found = hubs.changed(connection, claim.place, count)
        topics = [
            self._routes.absolute(feed_path(ref, format))
            for _, ref in found
            if self._settings.is_listed(ref.key)  # others are redirected or gone
            for format in Format
        ]
        return found[-1][0] if found else claim.place, topics

    async def _send(self, url: str, topics: Sequence[str]) -> Failure | None:
        """Notify a hub of topics; return the first failure, None if all requests succeeded."""
        size = _several(url)
        batches = [topics[start : start + size] for start in range(0, len(topics), size)]
        failures = await asyncio.gather(*(self._post(url, batch) for batch in batches))
        return next((each for each in failures if each), None)

    async def _post(self, url: str, topics: Sequence[str]) -> Failure | None:
        fields = [(name, topic) for topic in topics for name in ("hub.url", "hub.topic")]
        body = urlencode([("hub.mode", "publish"), *fields]).encode()
        try:
            response = await self._client.post(url, body, _FORM)
        except ClientError as error:
            failure: Failure | None = Failure(str(error))
        else:
            failure = Failure.of(response)
        self._observe("failed" if failure else "notified")
        return failure

    def _fail(self, claim: Claim, now: int, failure: Failure) -> None:
        """Schedule a retry. There is no limit of retries, as the pending work does not grow."""
        attempts = claim.attempts + 1
        next_try = now + max(failure.wait, backoff(attempts))
        with self._catalog.concurrent() as connection:
            hubs.record(connection, claim, claim.place, attempts, next_try)
        host = urlsplit(claim.url).hostname
        logger.warning("event=hub-failed host=%s reason=%r", host, failure.reason)

    def _advance(self, claim: Claim, place: Place, now: int) -> Claim | None:
        """Record a hub's new place; return a claim to continue, None if nothing is left."""
        with self._catalog.concurrent() as connection:
            if not hubs.record(connection, claim, place):
                return None  # another process has claimed it since
            return hubs.claim(connection, claim.url, now)

    def _next(self, now: int) -> int | None:
        with self._catalog.reading() as connection:
            states = hubs.states(connection, self._settings.push.external)
        due = [max(now, min(each.next_try, now + MAX_WAIT)) for each in states if each.pending]
        return min(due, default=None)


def _several(url: str) -> int:
    return _SEVERAL.get(urlsplit(url).hostname or "", 1)
