"""Keeps the catalog in sync with the sources and the clock while a site is served.

One thread syncs when a source may have changed, and releases articles when they are due. Of all
processes that serve one catalog, on one machine or several, one is elected to write; the others
wait to take over.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import watchfiles

from feedsvc.catalog import queries, recovery
from feedsvc.catalog.election import Lease
from feedsvc.catalog.publish import Published
from feedsvc.catalog.store import Catalog
from feedsvc.catalog.sync import SyncReport, release, sync
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError, DamagedError, FeedsvcError, OutdatedError, Problem
from feedsvc.failures import Failures
from feedsvc.sources.site import Sources

logger = logging.getLogger("feedsvc.serve.writer")

_CLOCK_INTERVAL = 200  # milliseconds between checks of the clock
_SETTLE = 50  # milliseconds without another change before a change is handled
_NICE = 10  # serving has priority
_RETRY_INTERVAL = 1.0  # seconds, after a failure or a lost election


class Writer(threading.Thread):
    """The writing thread. `start` it once; `stop` ends it after the current work.

    Failures are logged and retried; published articles stay published meanwhile.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        sources: Sources | None = None,
        announce: Callable[[str], None] = logger.info,
    ) -> None:
        """Initialize the thread.

        sources: those of the settings if None. announce: called with a line about each change that
        is published after the first sync.
        """
        super().__init__(name="feedsvc-writer", daemon=True)
        self._settings = settings
        self._catalog = catalog
        self._sources = sources or Sources.of(settings)
        self._paths = [path for source in self._sources.all for path in source.watched]
        self._announce = announce
        self._stopping = threading.Event()
        self._lease: Lease | None = None
        self._is_complete = False  # whether all changes so far were synced
        self._failures = Failures(logger, "failed")
        self._damage: DamagedError | None = None
        self._problems: frozenset[Problem] = frozenset()

    def stop(self) -> None:
        """Stop the thread and wait for it."""
        self._stopping.set()
        if self.is_alive():
            self.join()

    def sync(self, progress: Callable[[int, int], None] | None = None) -> SyncReport | None:
        """Sync once, in the calling thread, before the thread is started.

        A catalog of an older version is upgraded, and its writer deposed if there is one. Returns
        None if another process of this version is the writer. Raises FeedsvcError.
        """
        end = time.monotonic() + recovery.UPGRADE_GRACE
        while not self._elect():
            if not self._is_outdated():
                return None
            if time.monotonic() > end:
                logger.warning("event=deposing-older-writer")
                self._catalog.depose()
            self._stopping.wait(recovery.UPGRADE_INTERVAL)
        self._make_ready()
        return self._sync(progress)

    def run(self) -> None:
        """Work until stopped."""
        if sys.platform == "linux":  # where it applies to this thread only
            os.nice(_NICE)
        while not self._stopping.is_set():
            try:
                if self._elect():
                    self._write()
            except DamagedError as error:
                self._damage = error
            except FeedsvcError as error:
                self._failures.failed(str(error))
            except Exception:
                logger.exception("event=failed")
            if self._lease:
                self._lease.end()
                self._lease = None
            self._stopping.wait(_RETRY_INTERVAL)

    def _write(self) -> None:
        """Sync and release until stopped, or until the lease is lost."""
        self._make_ready()
        self._is_complete = False
        self._try_to_sync(())
        for paths in self._changes():
            if not (self._lease and self._lease.holds()):
                logger.warning("event=lease-lost")
                return
            self._release_due()
            if paths is None:
                self._is_complete = False
            if paths is None or paths or time.monotonic() >= self._sources.due:
                self._try_to_sync(paths or ())

    def _changes(self) -> Iterator[Collection[str] | None]:
        """Yield the paths that changed, None for any path, several times a second until stopped."""
        while not self._stopping.is_set():
            folders = self._folders()
            is_new = True  # the watch, which has missed earlier changes
            try:
                for changes in self._watch(list(folders)):
                    yield None if is_new else {path for _, path in changes}
                    is_new = False
                    if self._folders() != folders:  # a replaced folder is not watched yet
                        break
            except FileNotFoundError:
                pass  # list the folders again
            except OSError as error:
                names = ", ".join(map(str, folders))
                self._failures.failed(
                    f"{names}: checked from time to time, because changes cannot be watched: "
                    f"{error}"
                )
                for _ in self._watch([]):
                    yield ()
            yield None

    def _watch(self, folders: list[Path]) -> Iterator[set[watchfiles.main.FileChange]]:
        return watchfiles.watch(
            *folders,
            watch_filter=None,
            debounce=4 * _SETTLE,
            step=_SETTLE,
            rust_timeout=_CLOCK_INTERVAL,
            yield_on_timeout=True,
            stop_event=self._stopping,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )

    def _folders(self) -> dict[Path, tuple[int, int]]:
        """Return the watched folders that exist, with device and inode."""
        folders = {}
        for path in self._paths:
            with suppress(OSError):
                status = path.stat()
                folders[path] = (status.st_dev, status.st_ino)
        return folders

    def _release_due(self) -> None:
        with self._catalog.reading() as connection:
            due = queries.next_due(connection)  # not cached: `feedsvc sync` may have changed it
        if due and datetime.now(UTC) >= due:
            start = time.monotonic()
            published = release(self._catalog, self._settings, datetime.now(UTC))
            self._report(published, start)

    def _try_to_sync(self, paths: Collection[str]) -> None:
        """Sync, but let releases continue if the files are at fault. paths: see `_sync`."""
        known, start = self._problems, time.monotonic()
        try:
            report = self._sync(paths=paths)
        except CatalogError:
            raise
        except FeedsvcError as error:
            self._failures.failed(str(error))
            return
        self._failures.ended()
        self._report(report.published, start)
        for problem in report.problems:
            if problem not in known:
                logger.warning("%s", problem)

    def _sync(
        self,
        progress: Callable[[int, int], None] | None = None,
        paths: Collection[str] = (),
    ) -> SyncReport:
        """Sync. paths: those that changed since the last sync, if that was complete."""
        changed = paths if self._is_complete else None
        self._is_complete = False
        report = sync(
            self._catalog,
            self._settings,
            datetime.now(UTC),
            progress,
            sources=self._sources,
            paths=changed,
        )
        self._is_complete = True
        self._problems = frozenset(report.problems)
        return report

    def _report(self, published: Published, start: float) -> None:
        if published.revision is not None:
            self._announce(f"published {published}, {time.monotonic() - start:.2f} s")

    def _make_ready(self) -> None:
        report = recovery.make_ready(self._catalog, self._damage)
        self._damage = None
        if report:
            logger.error("event=damaged reason=%r", report)

    def _elect(self) -> bool:
        """Return whether this process is the writer. Raises NewerError for a newer catalog."""
        if self._lease is None:
            self._is_outdated()
            self._lease = self._catalog.elect()
            if self._lease:
                logger.info("event=elected")
        return self._lease is not None

    def _is_outdated(self) -> bool:
        """Return whether the catalog has an older schema. Raises NewerError for a newer one."""
        try:
            self._catalog.check()
        except OutdatedError:
            return True
        except DamagedError:
            pass  # the elected writer repairs it
        return False
