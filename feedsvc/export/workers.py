"""Does the jobs of a build, in processes of their own beside this one where there are many.

Such a process is given the settings and the folder and then lists of jobs, and answers each list
with what became of them.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from feedsvc import processes
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.export.plan import Job
from feedsvc.export.write import Outcome, Writer
from feedsvc.processes import Process
from feedsvc.publication import Publication

_MANY = 40  # jobs; fewer are done in the time that a process takes to start
_BATCH = 8  # jobs

Batch = Sequence[Job]


def do_all(
    settings: Settings, folder: Path, lock: int, writer: Writer, jobs: Batch
) -> list[Outcome]:
    """Do jobs; return what became of them, in any order. writer: of this process.

    lock: the descriptor of the folder's, held by whoever writes there: a process that outlives this
    one for a moment, too.
    Raises FeedsvcError.
    """
    pending = deque(jobs[start : start + _BATCH] for start in range(0, len(jobs), _BATCH))
    others = min(os.cpu_count() or 1, 8) - 1 if len(jobs) >= _MANY else 0
    if not others:
        return _drain(pending, partial(_do, writer))
    with ThreadPoolExecutor(others, "feedsvc-build") as pool:
        driven = [pool.submit(_drive, settings, folder, lock, pending) for _ in range(others)]
        outcomes = _drain(pending, partial(_do, writer))
        for each in driven:
            outcomes += each.result()
    return outcomes


def _drain(pending: deque[Batch], do: Callable[[Batch], list[Outcome]]) -> list[Outcome]:
    """Do what is pending until nothing is."""
    outcomes: list[Outcome] = []
    with _all_or_none(pending):
        while pending:
            with suppress(IndexError):  # somebody else took the last
                batch = pending.popleft()
                outcomes += do(batch)
    return outcomes


@contextmanager
def _all_or_none(pending: deque[Batch]) -> Iterator[None]:
    """If something fails in the block, nobody goes on."""
    try:
        yield
    except BaseException:
        pending.clear()
        raise


def _do(writer: Writer, batch: Batch) -> list[Outcome]:
    return [writer.do(job) for job in batch]


def _drive(settings: Settings, folder: Path, lock: int, pending: deque[Batch]) -> list[Outcome]:
    """Have a process do what is pending."""
    with _all_or_none(pending), Process(__name__, "write files", [lock]) as process:
        process.send((settings, folder))
        return _drain(pending, partial(_ask, process))


def _ask(process: Process, batch: Batch) -> list[Outcome]:
    process.send(batch)
    answer: list[Outcome] | FeedsvcError = process.receive()
    if isinstance(answer, FeedsvcError):
        raise answer
    return answer


def serve() -> None:
    """Be a process that does jobs, until there is nothing more on the standard input."""
    with suppress(BrokenPipeError, StopIteration):
        values = processes.given()
        settings, folder = next(values)
        writer: Writer | None = None
        with Catalog(settings.database) as catalog:
            for batch in values:
                try:
                    writer = writer or Writer(Publication(settings, catalog), folder)
                    answer: object = _do(writer, batch)
                except FeedsvcError as error:
                    answer = error
                except Exception as error:  # noqa: BLE001 - shown by the process that started us
                    answer = FeedsvcError(f"unexpected {type(error).__name__}: {error}")
                processes.answer(answer)
