"""Reads articles from their sources, in other processes if there are many; contains no SQL."""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import NamedTuple

from feedsvc import processes, urls
from feedsvc.catalog import spool
from feedsvc.catalog.identity import Claim
from feedsvc.catalog.rows import article_row, chunks
from feedsvc.catalog.spool import Spooled
from feedsvc.errors import Problem, Severity
from feedsvc.processes import Process
from feedsvc.sources.member import Member
from feedsvc.sources.protocol import Reading
from feedsvc.sources.site import Sources

_MANY = 2000  # articles; fewer are read faster than processes start
_BATCH = 200  # articles


class ReadResult(NamedTuple):
    """The result of reading one key.

    uses: see `Reading`. spooled: None if the article cannot be published.
    """

    key: str
    problems: tuple[Problem, ...]
    uses: Mapping[str, str]
    spooled: Spooled | None


def read_all(sources: Sources, keys: Iterable[str], authority: str) -> Iterator[ReadResult]:
    """Read articles, in any order. Raises FeedsvcError if a reading process was killed.

    authority: of minted ids; see `urls.entry_id`.
    """
    for member, some in sources.split(keys):
        if member.source.parallel and len(some) >= _MANY:
            yield from _read_in_processes(member, some, authority)
        else:
            yield from _read(member, some, authority)


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
        problems = (*reading.problems, *_early(member, reading))
        yield ReadResult(reading.key, problems, reading.uses, _convert(reading, authority))


def _early(member: Member, reading: Reading) -> Iterator[Problem]:
    """Yield a warning if an article is dated before the epoch; RSS Guard drops its whole feed."""
    if reading.article and reading.article.published.year < 1970:
        yield Problem(
            member.source.display_name(reading.key.removeprefix(member.prefix)),
            reading.line("published"),
            "far-past",
            f"`{reading.name('published')}` is before 1970, which can make a reader drop the whole "
            "feed; correct the date",
            Severity.WARNING,
        )


def _convert(reading: Reading, authority: str) -> Spooled | None:
    article = reading.article
    if article is None:
        return None
    columns, texts = article_row(article)
    claim = Claim(
        article.id,
        article.native_id or urls.entry_id(authority, article.published, article.slug),
        columns,
        slug_at=(reading.name("slug"), reading.line("slug")),
        id_at=(reading.name("id"), reading.line("id")),
    )
    return spool.pack(claim, texts)
