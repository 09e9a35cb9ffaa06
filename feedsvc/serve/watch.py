"""Polls for the newest revision in each serving process, so that requests need not."""

import logging
import threading
import time
from collections.abc import Callable

from feedsvc import dates
from feedsvc.errors import CatalogError, SchemaError
from feedsvc.lru import LRUCache
from feedsvc.publication import Health, Publication

logger = logging.getLogger("feedsvc.serve")

_LOOK_INTERVAL = 1.0  # seconds between polls if no change is reported
_RETRY_INTERVAL = 1.0  # seconds, while the catalog is unavailable
_TICK_INTERVAL = 1.0  # seconds
_MAX_TAGS = 1_000  # entity tags of other processes to remember
_MAX_AHEAD = 100  # revisions that others may have seen since the latest poll
_MARGIN = 0.7  # seconds for a response of an old revision to reach a cache before the purge


class Watch(threading.Thread):
    """The polling thread. All attributes come from the latest poll.

    newest: the number of revisions seen so far. coming: the same, or one more while `prepare` runs,
    which is called before a new revision takes effect. due: when something is released or expires
    next, in seconds since the epoch, or None. health: at most about a second old; None if unknown.
    lost: the catalog is unavailable; newest and due keep their values. reason: the public reason,
    if the catalog has another schema. tick: called about once a second.
    """

    def __init__(self, publication: Publication, tick: Callable[[], None] | None = None) -> None:
        super().__init__(name="feedsvc-watch", daemon=True)
        self.newest = self.coming = 0
        self.prepare: Callable[[], None] = lambda: None
        self.due: int | None = None
        self.health: Health | None = None
        self.lost = False
        self.reason: str | None = None
        self._publication = publication
        self._state = ""
        self._tick = tick
        self._ticked = self._looked = 0.0
        # Entity tags of revisions that this process does not know, and when each was first seen.
        self._ahead = LRUCache[str, float](_MAX_TAGS, lambda _: 1)
        self.poll()

    def is_current(self, revision: int) -> bool:
        """Return whether a response that was current at a revision, as counted here, still is."""
        return revision in (self.newest, self.coming)

    def is_fresh(self, revision: int) -> bool:
        """Return whether a response that was current at a revision must be newer than any purge.

        Otherwise a purged cache could get the outdated response again, and keep it.
        """
        looked_lately = time.monotonic() < self._looked + self._publication.lag - _MARGIN
        return looked_lately and self.is_current(revision)

    def may_exist(self, etag: str, revision: int) -> bool:
        """Return whether an entity tag of a revision that this process has not seen may be real.

        It may until the catalog has been polled after the tag was first seen here. While the
        catalog can be read, the revision must also be at most a few ahead: the tag may be forged,
        or older than a catalog that was rebuilt or restored.
        """
        if self.health and revision > self.health.revision + _MAX_AHEAD:
            return False
        first = self._ahead.get(etag)
        if first is None:
            first = time.monotonic()
            self._ahead.put(etag, first)
        return self._looked <= first

    def poll(self) -> None:
        """Poll the catalog once."""
        try:
            looked = time.monotonic()
            state, due = self._publication.state()
            if state != self._state:  # not ordered: a rebuilt catalog counts from 1 again
                self._state = state
                self.coming += 1
            if self.lost:
                logger.warning("event=catalog-found")
            self.lost, self.reason = False, None
            if self.coming != self.newest:
                self.prepare()
                self.newest = self.coming
            self.due = dates.epoch(due) if due else None
            self._looked = looked
            if time.monotonic() > self._ticked + _TICK_INTERVAL:
                self._ticked = time.monotonic()
                self.health = self._publication.health()
                if self._tick:
                    self._tick()
        except CatalogError as error:
            if not self.lost:
                logger.error("event=catalog-lost reason=%r", str(error))  # noqa: TRY400
            self.lost, self.health = True, None
            self.reason = error.reason if isinstance(error, SchemaError) else None

    def run(self) -> None:
        """Poll after each change until the process ends."""
        changes = self._publication.changes()
        while True:
            if self.lost:
                time.sleep(_RETRY_INTERVAL)
            else:
                changes.wait(_LOOK_INTERVAL)
            try:
                self.poll()
            except Exception:
                logger.exception("event=failed")
