"""Reads files into rows, in processes of their own where there are many; knows no SQL.

Such a process is given the settings and then lists of files, and answers each list with what the
files are.
"""

import os
import pickle
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple, Self

from feedsvc import processes
from feedsvc.catalog import rows
from feedsvc.catalog.identity import Claim
from feedsvc.catalog.state import TAKEN
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.processes import Process
from feedsvc.sources import ArticleReader, SourceFile

_MANY = 2000  # files; fewer are read in the time that processes take to start
_BATCH = 200  # files
_IN_MEMORY = 32_000_000  # bytes; more go to a temporary file


class Read(NamedTuple):
    """What became of one file. claim and row: None where a Problem keeps it from being an article.

    row: see `rows.article_row`; pickled, as nobody looks at it before it is written.
    """

    path: str
    problems: tuple[Problem, ...]
    claim: Claim | None
    row: bytes | None


def read_all(settings: Settings, files: Sequence[SourceFile]) -> Iterator[Read]:
    """Read files; in any order. Raises FeedsvcError where a process of ours was killed."""
    if len(files) < _MANY:
        reader = ArticleReader(settings)
        yield from (_read(reader, file) for file in files)
        return
    batches = (files[start : start + _BATCH] for start in range(0, len(files), _BATCH))
    with ExitStack() as stack:
        count = min(max(2, os.cpu_count() or 1), 8, -(-len(files) // _BATCH))
        busy = deque(stack.enter_context(Process(__name__, "read articles")) for _ in range(count))
        for process, batch in zip(busy, batches, strict=False):
            process.send(settings)
            process.send(batch)
        for batch in batches:
            done = busy[0].receive()
            busy[0].send(batch)
            busy.rotate(-1)
            yield from done
        for process in busy:
            yield from process.receive()


class Spool:
    """Rows on their way from the files to the table.

    Who keeps a slug is only known when all files are read, and all articles may not fit into
    memory.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed on exit
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: bytes) -> None:
        """Put a row in. Raises FeedsvcError where there is no room for it."""
        try:
            self._file.write(row)
        except OSError as error:
            message = f"{tempfile.gettempdir()}: articles cannot be kept there: {error.strerror}"
            raise FeedsvcError(message) from None
        self._count += 1

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - what was put in


def _read(reader: ArticleReader, file: SourceFile) -> Read:
    reading = reader.read(file)
    if not reading.article:
        return Read(file.path, reading.problems, None, None)
    article = reading.article
    row = rows.article_row(article)
    columns = {name: row[name] for name in TAKEN}
    claim = Claim(article.id, article.published, columns, article.native_id)
    return Read(file.path, reading.problems, claim, pickle.dumps(row, pickle.HIGHEST_PROTOCOL))


def serve() -> None:
    """Be a process that reads, until there is nothing more on the standard input."""
    with suppress(BrokenPipeError, StopIteration):
        values = processes.given()
        reader = ArticleReader(next(values))
        for files in values:
            processes.answer([_read(reader, file) for file in files])
