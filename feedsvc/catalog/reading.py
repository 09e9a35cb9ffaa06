"""Reads articles from their sources, in other processes if there are many; contains no SQL."""

import os
import pickle
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any, NamedTuple, Self

from feedsvc import processes, urls
from feedsvc.catalog.identity import Claim
from feedsvc.catalog.rows import Texts, article_row, chunks
from feedsvc.errors import FeedsvcError, Problem, Severity
from feedsvc.processes import Process
from feedsvc.sources.member import Member
from feedsvc.sources.protocol import Reading
from feedsvc.sources.site import Sources

_MANY = 2000  # articles; fewer are read in the time that processes take to start
_BATCH = 200  # articles
_IN_MEMORY = 8_000_000  # bytes; more go to a temporary file


class ReadResult(NamedTuple):
    """The result of reading one key. claim, texts: None if the article cannot be published.

    texts: a pickled `rows.Texts`, which is only needed once it is written. uses: see `Reading`.
    """

    key: str
    problems: tuple[Problem, ...]
    claim: Claim | None
    texts: bytes | None
    uses: Mapping[str, str]


def read_all(sources: Sources, keys: Iterable[str], authority: str) -> Iterator[ReadResult]:
    """Read articles, in any order. Raises FeedsvcError if a reading process was killed.

    authority: of minted ids; see `urls.entry_id`.
    """
    known: dict[Any, Any] = {}
    for member, some in sources.split(keys):
        if member.source.parallel and len(some) >= _MANY:
            results = _read_in_processes(member, some, authority)
        else:
            results = _read(member, some, authority)
        for result in results:
            yield _shared(result, known)


def _shared(result: ReadResult, known: dict[Any, Any]) -> ReadResult:
    """Return a result with the same tuples as others that are equal, to save memory."""
    claim = result.claim
    if claim is None:
        return result
    terms = tuple([known.setdefault(term, term) for term in claim.columns.terms])
    claim = claim._replace(
        columns=claim.columns._replace(path=result.key, terms=terms),
        slug_at=known.setdefault(claim.slug_at, claim.slug_at),
        id_at=known.setdefault(claim.id_at, claim.id_at),
    )
    return result._replace(claim=claim)


def _read_in_processes(member: Member, keys: Sequence[str], authority: str) -> Iterator[ReadResult]:
    batches = chunks(keys, _BATCH)
    with ExitStack() as stack:
        count = min(max(2, os.cpu_count() or 1), 8, -(-len(keys) // _BATCH))
        busy = deque(stack.enter_context(Process(__name__, "read articles")) for _ in range(count))
        for process, batch in zip(busy, batches, strict=False):
            process.send((member, authority))
            process.send(batch)
        for batch in batches:
            results = busy[0].receive()
            busy[0].send(batch)
            busy.rotate(-1)
            yield from results
        for process in busy:
            yield from process.receive()


def serve() -> None:
    """Run as a reading process: answer each list of keys on standard input with its results."""
    with suppress(BrokenPipeError, StopIteration):
        values = processes.given()
        member, authority = next(values)
        for keys in values:
            processes.answer(list(_read(member, keys, authority)))


def _read(member: Member, keys: Sequence[str], authority: str) -> Iterator[ReadResult]:
    for reading in member.read(keys):
        claim, texts = _convert(reading, authority)
        problems = (*reading.problems, *_early(member, reading))
        yield ReadResult(reading.key, problems, claim, texts, reading.uses)


def _early(member: Member, reading: Reading) -> Iterator[Problem]:
    """Yield a warning if an article is dated before the epoch; RSS Guard drops its whole feed."""
    if reading.article and reading.article.published.year < 1970:
        yield Problem(
            member.source.shown(reading.key.removeprefix(member.prefix)),
            reading.line("published"),
            "far-past",
            f"`{reading.name('published')}` is before 1970, which can make a reader drop the whole "
            "feed; correct the date",
            Severity.WARNING,
        )


def _convert(reading: Reading, authority: str) -> tuple[Claim | None, bytes | None]:
    article = reading.article
    if article is None:
        return None, None
    columns, texts = article_row(article)
    claim = Claim(
        article.id,
        article.native_id or urls.entry_id(authority, article.published, article.slug),
        columns,
        slug_at=(reading.name("slug"), reading.line("slug")),
        id_at=(reading.name("id"), reading.line("id")),
    )
    return claim, pickle.dumps(texts, pickle.HIGHEST_PROTOCOL)


class Spool:
    """Holds the texts of articles until all articles are read.

    Only then is it known which of them can be published, and all may not fit into memory.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed on exit
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, texts: bytes) -> None:
        """Add pickled texts. Raises FeedsvcError if the disk is full."""
        try:
            self._file.write(texts)
        except OSError as error:
            message = f"{tempfile.gettempdir()}: cannot hold the articles read: {error.strerror}"
            raise FeedsvcError(f"{message}; free disk space or set TMPDIR") from None
        self._count += 1

    def __iter__(self) -> Iterator[Texts]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - `add` wrote it
