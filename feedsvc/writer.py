"""Keeps the catalog in step with files and clock while a site is served.

One thread: it syncs when a file was saved and releases what comes due. It serves nothing.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import watchfiles

from feedsvc.catalog import queries
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, release, sync
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.settings import Settings

logger = logging.getLogger("feedsvc.writer")

_LOOK = 200  # milliseconds between two looks at the clock
_SETTLE = 50  # milliseconds without another change, before a change is taken up
_RESCAN = 60.0  # seconds after which the files are looked at though nothing was heard of them
_NICE = 10  # those who serve come first
_RETRY = 1.0  # seconds to wait after a failure


class Writer(threading.Thread):
    """The writing thread. `start` it once; `stop` ends it after the work in hand.

    Whatever fails is logged and tried again: what is published stays published meanwhile.
    """

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        super().__init__(name="feedsvc-writer", daemon=True)
        self._settings = settings
        self._catalog = catalog
        self._stopping = threading.Event()
        self._due: datetime | None = None
        self._synced = 0.0
        self._problems: frozenset[Problem] = frozenset()

    def stop(self) -> None:
        """End the thread, and wait until it has ended."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def sync(self, progress: Callable[[int, int], None] | None = None) -> SyncReport:
        """Sync once, in the calling thread; return what happened. Raises FeedsvcError."""
        report = sync(self._catalog, self._settings, datetime.now(UTC), progress)
        self._synced = time.monotonic()
        self._note_due()
        self._problems = frozenset(report.problems)
        return report

    def run(self) -> None:
        """Work until stopped."""
        if sys.platform == "linux":  # where it counts for this thread alone
            os.nice(_NICE)
        while not self._stopping.is_set():
            try:
                self._watch()
            except FeedsvcError as error:
                logger.error("event=failed reason=%r", str(error))  # noqa: TRY400 - its text is enough
                self._stopping.wait(_RETRY)
            except Exception:
                logger.exception("event=failed")
                self._stopping.wait(_RETRY)

    def _watch(self) -> None:
        changes = watchfiles.watch(
            self._settings.content,
            watch_filter=None,
            debounce=4 * _SETTLE,
            step=_SETTLE,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            stop_event=self._stopping,
            raise_interrupt=False,
        )
        self._sync()  # what was saved before the watch began
        for changed in changes:
            if changed or time.monotonic() > self._synced + _RESCAN:
                self._sync()
            elif self._due and datetime.now(UTC) >= self._due:
                published = release(self._catalog, self._settings, datetime.now(UTC))
                logger.info("event=released published=%r", published)
                self._note_due()

    def _note_due(self) -> None:
        with self._catalog.reading() as connection:
            self._due = queries.next_due(connection)

    def _sync(self) -> None:
        known = self._problems
        report = self.sync()
        if report.read:
            logger.info("event=synced read=%d published=%r", report.read, report.published)
        for problem in report.problems:
            if problem not in known:
                logger.warning("%s", problem)
