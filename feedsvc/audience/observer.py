"""Counts the polls of a serving process, and stores the numbers every minute."""

import atexit
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from multiprocessing.util import Finalize

from flask import Response

from feedsvc.audience import agents, daily
from feedsvc.audience.database import StatisticsError
from feedsvc.audience.store import DAY, Batch, Store
from feedsvc.audience.tally import Tally
from feedsvc.config.settings import Settings
from feedsvc.http.hosts import networks
from feedsvc.publication import Publication

logger = logging.getLogger("feedsvc.audience")

_NEEDED = ("crawleruseragents", "pygal")  # of the extra `stats`
_TICK = 1.0  # seconds
_FLUSH = 60.0  # seconds
_TIDY = 3600.0  # seconds
_LAST_TRIES = 3  # to store the counts when the process ends
_MAX_PENDING = 3  # days kept in memory while the store cannot be written


def create(publication: Publication) -> "StatisticsObserver | None":
    """Return the observer of a site; None if the statistics are off or the extra is missing."""
    settings = publication.settings
    if not settings.statistics.enabled or settings.preview:
        return None
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        logger.info("event=not-counting reason='%s is not installed'", missing[0])
        return None
    return StatisticsObserver(settings)


class StatisticsObserver:
    """The tally of a process, and the thread that stores it. Polls never wait for the store.

    While the store cannot be written, the numbers are kept in memory, and one warning is logged.
    """

    def __init__(self, settings: Settings) -> None:
        statistics = settings.statistics
        self._settings = settings
        self._store = Store(statistics.database, statistics.retention)
        self._tally = Tally(networks(settings.serve.trusted_proxies))
        self.count = self._tally.count
        self.miss = self._tally.miss
        self._pending: dict[int, Batch] = {}
        self._failure = ""
        self._stopping = threading.Event()
        self._writing = threading.Lock()
        self._tidied = -_TIDY

    @property
    def views(self) -> Mapping[str, Callable[..., Response]]:
        """The views of the page."""
        from feedsvc.audience.page import Views

        return Views(self._settings, self._store).views

    def start(self) -> None:
        """Start the thread. The remaining counts are stored when the process ends."""
        threading.Thread(target=self._run, name="feedsvc-statistics", daemon=True).start()
        atexit.register(self.stop)
        Finalize(None, self.stop, exitpriority=1)  # a worker process runs no other exit handlers

    def stop(self) -> None:
        """Stop the thread, and store the remaining counts."""
        if not self._stopping.is_set():
            self._stopping.set()
            for _ in range(_LAST_TRIES):  # several workers may create the file at this moment
                self.flush()
                if not self._failure:
                    break
                time.sleep(random.uniform(0.1, 0.3))  # noqa: S311
            self._store.close()

    def flush(self) -> None:
        """Store the counts since the last call. Never raises."""
        with self._writing:
            try:
                for batch in self._tally.collect():
                    self._pending.setdefault(batch.day, Batch(batch.day, batch.source)).add(batch)
                if self._pending:
                    self._store.add(self._pending.values())
                    self._pending = {}
                if time.monotonic() > self._tidied + _TIDY and not self._stopping.is_set():
                    self._tidy()
                if self._failure:
                    logger.warning("event=statistics-found")
                self._failure = ""
            except StatisticsError as error:
                self._fail(str(error))
            except Exception as error:
                logger.info("event=failed", exc_info=True)
                self._fail(f"{type(error).__name__}: {error}")

    def _run(self) -> None:
        agents.parse("-")  # compiles the patterns, so that no poll waits for it
        # Processes should not store at the same moment.
        due = time.monotonic() + random.uniform(0.5, 1) * _FLUSH  # noqa: S311
        while not self._stopping.wait(_TICK):
            self._tally.tick(time.time())
            if time.monotonic() >= due:
                due += _FLUSH
                self.flush()

    def _tidy(self) -> None:
        """Delete old numbers, and store the figures of the days that have ended."""
        self._tidied = time.monotonic()
        now = time.time()
        self._store.tidy(now)
        daily.catch_up(self._store, int(now) // DAY, self._settings)

    def _fail(self, reason: str) -> None:
        if not self._failure:
            logger.warning("event=statistics-lost reason=%r", reason)
        self._failure = reason
        for day in sorted(self._pending)[:-_MAX_PENDING]:
            del self._pending[day]
