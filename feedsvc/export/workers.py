"""Does the jobs of a build: in this process, and where there are many in a pool of others, too."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.reduction import DupFd
from pathlib import Path
from signal import SIG_BLOCK, SIG_SETMASK, SIGINT, pthread_sigmask
from threading import Thread
from typing import Any

from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.export.plan import Job
from feedsvc.export.write import Outcome, Writer
from feedsvc.publication import Publication

_MANY = 40  # jobs; fewer are done in the time that a process takes to start
_BATCH = 8  # jobs

Batch = Sequence[Job]


def do_all(
    settings: Settings, folder: Path, lock: int, writer: Writer, jobs: Batch
) -> list[Outcome]:
    """Do jobs; return what became of them, in any order. writer: of this process.

    lock: the descriptor of the folder's lock. Workers inherit it, so the lock is held until the
    last of them has ended, even if this process is killed. Raises FeedsvcError.
    """
    others = min(os.cpu_count() or 1, 8) - 1 if len(jobs) >= _MANY else 0
    if not others:
        return _do(writer, jobs)
    batches = [jobs[start : start + _BATCH] for start in range(0, len(jobs), _BATCH)]
    outcomes: list[Outcome] = []
    given = (settings, folder, _Inherited(lock))
    pool = ProcessPoolExecutor(others, get_context("spawn"), _start, given)
    try:
        with _sigint_blocked():
            submitted = [(batch, pool.submit(_do_in_worker, batch)) for batch in batches]
        # The workers begin with the first batch and this process with the last.
        for batch, future in reversed(submitted):
            outcomes += _do(writer, batch) if future.cancel() else future.result()
    except BrokenProcessPool:
        raise FeedsvcError(
            "a process that was to write files was ended by force; is memory short?"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)
    return outcomes


def _do(writer: Writer, batch: Batch) -> list[Outcome]:
    return [writer.do(job) for job in batch]


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Have processes that are started in the block ignore Ctrl-C, which reaches them as well.

    They inherit the signal mask, so there is no moment at which they could be interrupted.
    """
    before = pthread_sigmask(SIG_BLOCK, {SIGINT})
    try:
        yield
    finally:
        pthread_sigmask(SIG_SETMASK, before)


class _Inherited:
    """A descriptor that a spawned process gets with its arguments, under the same number."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        return _detached, (DupFd(self._descriptor),)


def _detached(passed: Any) -> int:
    return int(passed.detach())


# Of a worker, set by `_start`: the settings and folder, and a Writer from the first batch on.
_given: tuple[Settings, Path]
_writer: Writer | None = None


def _start(settings: Settings, folder: Path, _lock: object) -> None:
    """Prepare a worker. The lock stays open as nobody closes it."""
    global _given
    _given = settings, folder
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End at once when the parent is killed; a pool's workers would wait for work for ever."""
    if parent := parent_process():
        parent.join()
    os._exit(1)


def _do_in_worker(batch: Batch) -> list[Outcome]:
    global _writer
    if _writer is None:
        settings, folder = _given
        _writer = Writer(Publication(settings, Catalog(settings.database)), folder)
    return _do(_writer, batch)
