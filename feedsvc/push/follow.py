"""Follows the revisions of a site: waits until every origin shows one, then acts on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from feedsvc.errors import CatalogError
from feedsvc.failures import Failures
from feedsvc.publication import Publication
from feedsvc.push.store.deliveries import clock

logger = logging.getLogger("feedsvc.push")

_PAUSE, _PAUSE_LOST = 0.5, 5.0  # seconds between polls of the newest revision
_LONGEST_PAUSE = 1.0  # where the database notifies of changes

Act = Callable[[int, int], Awaitable[int | None]]


class Follower:
    """Follows the revisions of a site for one reader.

    act: called with the present instant and the newest revision that every origin shows: at the
    start, after each revision, and at the instant that it returned. settle: seconds until every
    origin shows a revision. waits: the maximum number of such waits while new revisions follow.
    start: called once before everything else, in a thread.
    """

    def __init__(
        self,
        publication: Publication,
        act: Act,
        settle: float,
        waits: int = 1,
        start: Callable[[], object] = lambda: None,
    ) -> None:
        self._publication = publication
        self._act = act
        self._settle_time = settle
        self._waits = waits
        self._failures = Failures(logger, "catalog-lost")
        self._start: Callable[[], object] | None = start

    async def run(self) -> None:
        """Follow until the task is cancelled."""
        known, due = "", None
        changes = self._publication.changes(_PAUSE)
        while True:
            try:
                if self._start:
                    await asyncio.to_thread(self._start)
                    self._start = None
                state, now = await asyncio.to_thread(self._look)
                if state != known or (due is not None and now >= due):
                    settled, now = await self._settle(state)
                    due, known = await self._act(now, int(settled.partition(".")[0])), settled
                self._failures.ended()
            except CatalogError as error:
                self._failures.failed(str(error))
            except Exception:
                logger.exception("event=failed")
            if self._failures:
                await asyncio.sleep(_PAUSE_LOST)
            else:
                await asyncio.to_thread(changes.wait, _LONGEST_PAUSE)

    async def _settle(self, state: str) -> tuple[str, int]:
        """Wait until every origin shows a revision; return the last one that settled.

        If another revision is committed meanwhile, wait for that as well, up to a limit.
        """
        for _ in range(self._waits):
            await asyncio.sleep(self._settle_time)
            settled = state
            state, now = await asyncio.to_thread(self._look)
            if state == settled:
                break
        return settled, now

    def _look(self) -> tuple[str, int]:
        """Return the identifier of the newest revision, and the present instant."""
        state, _ = self._publication.state()
        with self._publication.catalog.reading() as connection:
            return state, clock(connection)
