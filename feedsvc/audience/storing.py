"""Stores the counts of a large log in another process while counting continues."""

import gc
from collections.abc import Iterable
from contextlib import suppress
from typing import Self

from feedsvc import processes
from feedsvc.audience.logs import Counted
from feedsvc.audience.store import LogPosition, Store
from feedsvc.errors import FeedsvcError
from feedsvc.processes import Process


class Storing:
    """The process. Stores one item at a time; all methods raise FeedsvcError if that failed."""

    def __init__(self, store: Store) -> None:
        """Start the process; it opens the same statistics for itself."""
        self._process = Process(__name__, "store statistics")
        self._process.send((store.url, store.retention))
        self._is_busy = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        with self._process:
            if error == (None, None, None):
                self._wait()

    def add(self, counted: Iterable[Counted], position: LogPosition) -> None:
        """Store numbers, and how far the log was read; see `Store.add`."""
        found = [each._replace(polls=list(each.polls)) for each in counted]
        self._wait()
        self._process.send((found, position))
        self._is_busy = True

    def _wait(self) -> None:
        if self._is_busy and (failure := self._process.receive()):
            raise FeedsvcError(failure)
        self._is_busy = False


def serve() -> None:
    """Run the process: store each value from standard input; answer with the failure, or ''."""
    gc.disable()  # see importing.py
    with suppress(BrokenPipeError, StopIteration):
        values = processes.given()
        url, retention = next(values)
        with Store(url, retention) as store:
            for counted, position in values:
                failure = ""
                try:
                    store.add((each.batch() for each in counted), position)
                except FeedsvcError as error:
                    failure = str(error)
                processes.answer(failure)
                gc.collect()
