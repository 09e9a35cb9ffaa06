"""Keeps the catalog in step with the sources and the clock while a site is served.

One thread: it syncs when a source may have changed and releases what comes due. It serves nothing.
Of all processes that serve one catalog, on whatever machine, one is elected to write; the others
wait to take over.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import watchfiles

from feedsvc.catalog import queries, recovery
from feedsvc.catalog.election import Lease
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, release, sync
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError, DamagedError, FeedsvcError, OutdatedError, Problem
from feedsvc.sources.site import Sources

logger = logging.getLogger("feedsvc.serve.writer")

_LOOK = 200  # milliseconds between two looks at the clock
_SETTLE = 50  # milliseconds without another change, before a change is taken up
_NICE = 10  # those who serve come first
_RETRY = 1.0  # seconds to wait after a failure, and for an election
_GRACE = 3.0  # seconds for which another process may upgrade the catalog, before we take over
_AGAIN = 0.1  # seconds between two looks whether it has


class Writer(threading.Thread):
    """The writing thread. `start` it once; `stop` ends it after the work in hand.

    Whatever fails is logged and tried again: what is published stays published meanwhile.
    """

    def __init__(
        self, settings: Settings, catalog: Catalog, sources: Sources | None = None
    ) -> None:
        """Prepare the thread. sources: those of the settings if None."""
        super().__init__(name="feedsvc-writer", daemon=True)
        self._settings = settings
        self._catalog = catalog
        self._sources = sources or Sources.of(settings)
        self._interval = min(source.interval for source in self._sources.all)  # seconds
        self._watched = [path for source in self._sources.all for path in source.watched]
        self._stopping = threading.Event()
        self._lease: Lease | None = None
        self._synced = 0.0
        self._failure = ""
        self._damage: DamagedError | None = None
        self._problems: frozenset[Problem] = frozenset()

    def stop(self) -> None:
        """End the thread, and wait until it has ended."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def sync(self, progress: Callable[[int, int], None] | None = None) -> SyncReport | None:
        """Sync once, in the calling thread, before the thread is started.

        A catalog of an older program is upgraded, and taken over from one that still writes it.
        None where another process of this version writes. Raises FeedsvcError.
        """
        end = time.monotonic() + _GRACE
        while not self._elect():
            if not self._is_outdated():
                return None
            if time.monotonic() > end:
                logger.warning("event=deposing-older-writer")
                self._catalog.depose()
            self._stopping.wait(_AGAIN)
        self._make_ready()
        return self._sync(progress)

    def run(self) -> None:
        """Work until stopped."""
        if sys.platform == "linux":  # where it counts for this thread alone
            os.nice(_NICE)
        while not self._stopping.is_set():
            try:
                if self._elect():
                    self._write()
            except DamagedError as error:
                self._damage = error
            except FeedsvcError as error:
                self._tell(str(error))
            except Exception:
                logger.exception("event=failed")
            self._resign()
            self._stopping.wait(_RETRY)

    def _write(self) -> None:
        """Sync and release until stopped, or until the right to do so is lost."""
        self._make_ready()
        self._try_to_sync()  # what was saved before the watch began
        for changed in self._changes():
            if not (self._lease and self._lease.holds()):
                logger.warning("event=lease-lost")
                return
            self._release_due()
            if changed or time.monotonic() > self._synced + self._interval:
                self._try_to_sync()

    def _changes(self) -> Iterator[bool]:
        """Yield several times a second whether a watched file has changed; until stopped."""
        while not self._stopping.is_set():
            folders = self._folders()
            try:
                for found in self._watch(list(folders)):
                    yield bool(found)
                    if self._folders() != folders:  # another one in its place is not watched yet
                        break
            except FileNotFoundError:
                pass  # it is looked for again
            except OSError as error:
                names = ", ".join(map(str, folders))
                self._tell(
                    f"{names}: is looked at every {self._interval:.0f} seconds, as changes in it "
                    f"cannot be watched: {error}"
                )
                for _ in self._watch([]):
                    yield False
            yield True

    def _watch(self, folders: list[Path]) -> Iterator[set[watchfiles.main.FileChange]]:
        return watchfiles.watch(
            *folders,
            watch_filter=None,
            debounce=4 * _SETTLE,
            step=_SETTLE,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            stop_event=self._stopping,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )

    def _folders(self) -> dict[Path, tuple[int, int]]:
        """Return the watched folders that exist, with what tells each from another of its name."""
        folders = {}
        for path in self._watched:
            with suppress(OSError):
                found = path.stat()
                folders[path] = (found.st_dev, found.st_ino)
        return folders

    def _release_due(self) -> None:
        with self._catalog.reading() as connection:
            due = queries.next_due(connection)  # which `feedsvc sync` beside us may have changed
        if due and datetime.now(UTC) >= due:
            published = release(self._catalog, self._settings, datetime.now(UTC))
            logger.info("event=released published=%r", published)

    def _try_to_sync(self) -> None:
        """Sync; where the files are not as they should be, what is due is released all the same."""
        known = self._problems
        try:
            report = self._sync()
        except CatalogError:
            raise
        except FeedsvcError as error:
            self._tell(str(error))
            return
        self._failure = ""
        if report.read:
            logger.info("event=synced read=%d published=%r", report.read, report.published)
        for problem in report.problems:
            if problem not in known:
                logger.warning("%s", problem)

    def _sync(self, progress: Callable[[int, int], None] | None = None) -> SyncReport:
        self._synced = time.monotonic()
        report = sync(
            self._catalog, self._settings, datetime.now(UTC), progress, sources=self._sources
        )
        self._problems = frozenset(report.problems)
        return report

    def _make_ready(self) -> None:
        told = recovery.make_ready(self._catalog, self._damage)
        self._damage = None
        if told:
            logger.error("event=damaged reason=%r", told)

    def _elect(self) -> bool:
        """Tell whether this process may write. Raises NewerError where it must not."""
        if self._lease is None:
            self._is_outdated()
            self._lease = self._catalog.elect()
            if self._lease:
                logger.info("event=elected")
        return self._lease is not None

    def _is_outdated(self) -> bool:
        """Tell whether an older program made the catalog. Raises NewerError for a newer one."""
        try:
            self._catalog.check()
        except OutdatedError:
            return True
        except DamagedError:  # which is for whoever is elected to see to
            return False
        return False

    def _resign(self) -> None:
        if self._lease:
            self._lease.end()
            self._lease = None

    def _tell(self, failure: str) -> None:
        """Log a failure once, however often it comes."""
        if failure != self._failure:
            logger.error("event=failed reason=%r", failure)
        self._failure = failure
