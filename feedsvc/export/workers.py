"""Does the jobs of a build, in processes of their own beside this one where there are many.

Such a process runs `serve`: it takes the settings and the folder and then lists of jobs from its
standard input, and answers each list with what became of them, all of it pickled.
"""

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Self

from feedsvc.catalog.store import Catalog
from feedsvc.errors import FeedsvcError
from feedsvc.export.plan import Job
from feedsvc.export.write import Outcome, Writer
from feedsvc.publication import Publication
from feedsvc.settings import Settings

_MANY = 40  # jobs; fewer are done in the time that a process takes to start
_BATCH = 8  # jobs

Batch = Sequence[Job]


def do_all(settings: Settings, folder: Path, writer: Writer, jobs: Batch) -> list[Outcome]:
    """Do jobs; return what became of them, in any order. writer: of this process.

    Raises FeedsvcError.
    """
    pending = deque(jobs[start : start + _BATCH] for start in range(0, len(jobs), _BATCH))
    others = min(os.cpu_count() or 1, 8) - 1 if len(jobs) >= _MANY else 0
    if not others:
        return _drain(pending, partial(_do, writer))
    with ThreadPoolExecutor(others, "feedsvc-build") as pool:
        driven = [pool.submit(_drive, settings, folder, pending) for _ in range(others)]
        outcomes = _drain(pending, partial(_do, writer))
        for each in driven:
            outcomes += each.result()
    return outcomes


def _drain(pending: deque[Batch], do: Callable[[Batch], list[Outcome]]) -> list[Outcome]:
    """Do what is pending until nothing is. If it fails, nobody goes on."""
    outcomes: list[Outcome] = []
    try:
        while pending:
            with suppress(IndexError):  # somebody else took the last
                batch = pending.popleft()
                outcomes += do(batch)
    except BaseException:
        pending.clear()
        raise
    return outcomes


def _do(writer: Writer, batch: Batch) -> list[Outcome]:
    return [writer.do(job) for job in batch]


def _drive(settings: Settings, folder: Path, pending: deque[Batch]) -> list[Outcome]:
    """Have a process do what is pending."""
    with _Process() as process:
        process.send((settings, folder))
        return _drain(pending, process.do)


class _Process:
    """A process that does jobs; it ends with the `with` block, or when this one is killed."""

    def __init__(self) -> None:
        command = (sys.executable, "-P", "-c", f"from {__name__} import serve; serve()")
        found = os.pathsep.join(filter(os.path.isabs, sys.path))
        try:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": found},
                process_group=0,  # Ctrl-C is for the one that started it
            )
        except OSError as error:
            message = f"no process can be started to write files: {error.strerror}"
            raise FeedsvcError(message) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        with suppress(OSError):  # what it was not given any more
            self._process.__exit__(None, None, None)

    def send(self, value: object) -> None:
        """Give it something."""
        try:
            _dump(value, self._process.stdin)
        except OSError:
            raise _killed() from None

    def do(self, batch: Batch) -> list[Outcome]:
        """Have it do some jobs."""
        self.send(batch)
        try:
            answer: list[Outcome] | FeedsvcError = pickle.load(self._process.stdout)  # type: ignore[arg-type]  # noqa: S301 - of a process that we started
        except (EOFError, pickle.UnpicklingError):
            raise _killed() from None
        if isinstance(answer, FeedsvcError):
            raise answer
        return answer


def _killed() -> FeedsvcError:
    return FeedsvcError("a process that writes files was ended by force; is memory short?")


def _dump(value: object, stream: Any) -> None:
    pickle.dump(value, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def serve() -> None:
    """Be a process that does jobs, until there is nothing more on the standard input."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    with suppress(EOFError, BrokenPipeError):
        settings, folder = pickle.load(source)  # noqa: S301 - of the process that started us
        writer: Writer | None = None
        while True:
            batch = pickle.load(source)  # noqa: S301
            try:
                writer = writer or Writer(Publication(settings, Catalog(settings.database)), folder)
                answer: object = _do(writer, batch)
            except FeedsvcError as error:
                answer = error
            except Exception as error:  # noqa: BLE001 - shown by the process that started us
                answer = FeedsvcError(f"unexpected {type(error).__name__}: {error}")
            _dump(answer, target)
