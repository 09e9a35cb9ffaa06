"""Runs the jobs of a build in this process and, if there are many, in a process pool."""

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

_MANY = 200  # jobs; a process takes as long to start as about 150 of them
_BATCH = 8  # jobs

Batch = Sequence[Job]


def run_jobs(
    settings: Settings, folder: Path, lock: int, writer: Writer, jobs: Batch
) -> list[Outcome]:
    """Run jobs, and return their outcomes in any order. writer: for this process.

    lock: the descriptor of the folder's lock. Workers inherit it, so that it is held until the last
    of them ends, even if this process is killed. Raises FeedsvcError.
    """
    workers = min(os.cpu_count() or 1, 8) - 1 if len(jobs) >= _MANY else 0
    if not workers:
        return _run(writer, jobs)
    batches = [jobs[start : start + _BATCH] for start in range(0, len(jobs), _BATCH)]
    outcomes: list[Outcome] = []
    given = (settings, folder, _Inherited(lock))
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _start, given)
    try:
        with _sigint_blocked():
            submitted = [(batch, pool.submit(_run_in_worker, batch)) for batch in batches]
        # Workers take batches from the front, this process from the back.
        for batch, future in reversed(submitted):
            outcomes += _run(writer, batch) if future.cancel() else future.result()
    except BrokenProcessPool:
        raise FeedsvcError("a worker process was killed; check whether memory is short") from None
    finally:
        pool.shutdown(cancel_futures=True)
    return outcomes


def _run(writer: Writer, batch: Batch) -> list[Outcome]:
    return [writer.write_path(job) for job in batch]


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Make processes that are started in the block ignore Ctrl-C, which reaches them too.

    They inherit the signal mask, so it applies from their start.
    """
    before = pthread_sigmask(SIG_BLOCK, {SIGINT})
    try:
        yield
    finally:
        pthread_sigmask(SIG_SETMASK, before)


class _Inherited:
    """A file descriptor passed to spawned processes as an argument."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __reduce__(self) -> tuple[Any, ...]:
        return _detached, (DupFd(self._descriptor),)


def _detached(passed: Any) -> int:
    return int(passed.detach())


# In workers: set by `_start`, and a Writer created for the first batch.
_given: tuple[Settings, Path]
_writer: Writer | None = None


def _start(settings: Settings, folder: Path, _lock: object) -> None:
    """Initialise a worker. The descriptor of the lock stays open until the process ends."""
    global _given
    _given = settings, folder
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Exit when the parent is killed; workers of a pool would wait forever."""
    if parent := parent_process():
        parent.join()
    os._exit(1)


def _run_in_worker(batch: Batch) -> list[Outcome]:
    global _writer
    if _writer is None:
        settings, folder = _given
        _writer = Writer(Publication(settings, Catalog(settings.database)), folder)
    return _run(_writer, batch)
