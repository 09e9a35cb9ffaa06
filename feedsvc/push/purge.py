"""Purges everything that a revision changed from the caches in front of a site (scale 3, 4)."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable
from hashlib import blake2b

import msgspec

import feedsvc
from feedsvc.config.settings import Settings
from feedsvc.http.caching import ALL, PAGES, archive_key, feed_key
from feedsvc.publication import Publication
from feedsvc.push import caches as dialects
from feedsvc.push.caches import Cache, Call
from feedsvc.push.client import Client, ClientError
from feedsvc.push.follow import Follower
from feedsvc.push.ping import Failure, Notified
from feedsvc.push.store import caches, hubs
from feedsvc.push.store.deliveries import MAX_WAIT
from feedsvc.push.store.hubs import START, Claim

logger = logging.getLogger("feedsvc.push")

_MOST = 99  # feeds and archives; if there are more, the key for everything is purged
_LONGEST_WAIT = 300  # seconds between retries, as readers get outdated documents meanwhile
_TIMEOUT = 20  # seconds for a request, well within a claim
_EVERYWHERE = ("0.0.0.0/0", "::/0")


class Purges:
    """Purges the caches of a site.

    observe: called for each request with its outcome, `purged` or `failed`.

    All methods raise CatalogError.
    """

    def __init__(
        self,
        publication: Publication,
        client: Client,
        observe: Callable[[str], None] = lambda _outcome: None,
    ) -> None:
        self.caches = dialects.caches(publication.settings.purged)
        # Only machines with a content folder know its generator.
        followed = (feedsvc.__version__, publication.settings.seen() | {"generator": None})
        encoded = msgspec.json.encode(followed, order="deterministic")
        self._digest = blake2b(encoded, digest_size=16).hexdigest()
        self._publication = publication
        self._catalog = publication.catalog
        self._client = client
        self._observe = observe

    async def run(self) -> None:
        """Purge the caches after each revision until the task is cancelled."""
        lag = self._publication.lag
        await Follower(self._publication, self.purge_all, lag, start=self.add).run()

    async def purge_all(self, now: int, settled: int) -> int | None:
        """Purge every cache that is due; return the next instant at which one is due.

        settled: the newest revision that every origin shows. Call it as `Follower` does.
        """
        await asyncio.gather(*(self.purge(each, now, settled) for each in self.caches))
        return await asyncio.to_thread(self._next, now)

    async def purge(self, cache: Cache, now: int, settled: int, early: bool = False) -> Notified:
        """Purge the changes up to a revision from one cache. early: see hubs.claim."""
        started = time.monotonic()
        claim, keys = await asyncio.to_thread(self._claim, cache, now, settled, early)
        if claim is None:
            return Notified(0)
        failures = await asyncio.gather(*(self._call(each) for each in cache.calls(keys)))
        present = now + int(time.monotonic() - started)
        failure = next((each for each in failures if each), None)
        await asyncio.to_thread(self._record, cache, claim, present, settled, failure)
        return Notified(0, failure.reason) if failure else Notified(len(keys))

    def add(self, everything: bool = False) -> None:
        """Add the caches to the catalog. everything: make all of their content due for a purge."""
        names = [each.name for each in self.caches]
        with self._catalog.concurrent() as connection:
            caches.add(connection, names, self._digest)
            if everything:
                hubs.restart(connection, names)

    def _claim(
        self, cache: Cache, now: int, settled: int, early: bool
    ) -> tuple[Claim | None, list[str]]:
        """Claim a cache; return the claim and the keys to purge."""
        with self._catalog.concurrent() as connection:
            hubs.add(connection, [cache.name], START)  # the catalog may have been rebuilt
            claim = hubs.claim(connection, cache.name, now, early, settled)
            changed = claim and caches.changed(connection, claim.place, _MOST)
        if changed is None:
            return claim, [ALL]
        of_archives = [archive_key(ref, number) for ref, number in changed.archives]
        return claim, [PAGES, *map(feed_key, changed.feeds), *of_archives]

    async def _call(self, call: Call) -> Failure | None:
        failure = await self._try(call)
        self._observe("failed" if failure else "purged")
        return failure

    async def _try(self, call: Call) -> Failure | None:
        try:
            response = await self._client.request(call.method, call.url, call.body, call.headers)
        except ClientError as error:
            return Failure(str(error))
        if response.is_success and _is_refusal(response.body):
            return Failure("it answers that it did not succeed")
        return Failure.of(response)

    def _record(
        self, cache: Cache, claim: Claim, now: int, settled: int, failure: Failure | None
    ) -> None:
        """Record the result. There is no limit of retries, as the pending work does not grow."""
        with self._catalog.concurrent() as connection:
            if failure is None:
                caches.record(connection, claim, settled, now + cache.pause if cache.pause else 0)
                return
            attempts = claim.attempts + 1
            wait = 1 + secrets.randbelow(min(_LONGEST_WAIT, 2 ** min(attempts, 10)))
            next_try = now + max(wait, failure.wait, cache.pause)
            hubs.record(connection, claim, claim.place, attempts, next_try)
        logger.warning("event=purge-failed cache=%s reason=%r", cache.name, failure.reason)

    def _next(self, now: int) -> int | None:
        with self._catalog.reading() as connection:
            states = caches.states(connection, [each.name for each in self.caches])
        due = [max(now, min(each.next_try, now + MAX_WAIT)) for each in states if each.pending]
        return min(due, default=None)


def client(settings: Settings) -> Client:
    """Return the client for purges.

    A CDN has a public address. The addresses of Varnish servers may be private, as they come from
    the settings, and not from subscribers.
    """
    is_local = any(each.is_local for each in dialects.caches(settings.purged))
    return Client(_EVERYWHERE if is_local else (), _TIMEOUT)


def _is_refusal(body: bytes) -> bool:
    """Return whether the body of a successful response reports a failure, as Cloudflare's may."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    return isinstance(answer, dict) and answer.get("success") is False
