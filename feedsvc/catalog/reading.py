"""Reads files into rows, in processes of their own where there are many; knows no SQL.

Such a process is given the settings and then lists of files, and answers each list with what the
files are.
"""

import os
import pickle
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple, Self

from feedsvc import processes, urls
from feedsvc.catalog import rows
from feedsvc.catalog.identity import Claim
from feedsvc.catalog.rows import chunks
from feedsvc.catalog.state import TAKEN
from feedsvc.errors import FeedsvcError, Problem
from feedsvc.model import Article
from feedsvc.processes import Process
from feedsvc.sources.protocol import Reading
from feedsvc.sources.site import Member, Sources

_MANY = 2000  # articles; fewer are read in the time that processes take to start
_BATCH = 200  # articles
_IN_MEMORY = 32_000_000  # bytes; more go to a temporary file


class Read(NamedTuple):
    """What was read under a key. claim and row: None if it is no article that can be taken.

    row: see `rows.article_row`; pickled, as it is not needed before it is written.
    """

    key: str
    problems: tuple[Problem, ...]
    claim: Claim | None
    row: bytes | None


def read_all(sources: Sources, keys: Iterable[str], authority: str) -> Iterator[Read]:
    """Read articles, in any order. Raises FeedsvcError if one of our processes was killed.

    authority: for minted ids; see `urls.entry_id`.
    """
    for member, some in sources.split(keys):
        if member.source.parallel and len(some) >= _MANY:
            yield from _read_apart(member, some, authority)
        else:
            yield from _read(member, some, authority)


def _read_apart(member: Member, keys: Sequence[str], authority: str) -> Iterator[Read]:
    """Read articles of one source in other processes."""
    batches = chunks(keys, _BATCH)
    with ExitStack() as stack:
        count = min(max(2, os.cpu_count() or 1), 8, -(-len(keys) // _BATCH))
        busy = deque(stack.enter_context(Process(__name__, "read articles")) for _ in range(count))
        for process, batch in zip(busy, batches, strict=False):
            process.send((member, authority))
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


def _read(member: Member, keys: Sequence[str], authority: str) -> Iterator[Read]:
    for reading in member.read(keys):
        claim = row = None
        if reading.article:
            columns = rows.article_row(reading.article)
            claim = _claim(reading, reading.article, columns, authority)
            row = pickle.dumps(columns, pickle.HIGHEST_PROTOCOL)
        yield Read(reading.key, reading.problems, claim, row)


def _claim(reading: Reading, article: Article, row: dict[str, Any], authority: str) -> Claim:
    return Claim(
        article.id,
        article.native_id or urls.entry_id(authority, article.published, article.slug),
        {name: row[name] for name in TAKEN},
        slug_at=(reading.name("slug"), reading.line("slug")),
        id_at=(reading.name("id"), reading.line("id")),
    )


def serve() -> None:
    """Be a process that reads, until there is nothing more on the standard input."""
    with suppress(BrokenPipeError, StopIteration):
        values = processes.given()
        member, authority = next(values)
        for keys in values:
            processes.answer(list(_read(member, keys, authority)))
