"""Holds the articles that a sync has read on disk, until all are read."""

import sqlite3
from collections.abc import Iterator, Sequence
from tempfile import gettempdir
from typing import NamedTuple, Self

import msgspec

from feedsvc.catalog.identity import Claim
from feedsvc.catalog.rows import Texts
from feedsvc.errors import FeedsvcError

_WAITING = 500  # articles that are added at once

_encode = msgspec.msgpack.Encoder().encode
_decode_claim = msgspec.msgpack.Decoder(Claim).decode
_decode_texts = msgspec.msgpack.Decoder(Texts).decode


class Spooled(NamedTuple):
    """An article that was read. claim, texts: encoded; they are only needed later."""

    published: int
    path: str
    claim: bytes
    texts: bytes


def pack(claim: Claim, texts: Texts) -> Spooled:
    """Encode what was read of an article."""
    return Spooled(claim.columns.published, claim.path, _encode(claim), _encode(texts))


def claim_of(article: Spooled) -> Claim:
    """Return how an article is identified."""
    return _decode_claim(article.claim)


class Spool:
    """Holds articles until all are read, in a temporary database without a name.

    Only then is it known which of them can be published, and all may not fit into memory. Every
    method raises FeedsvcError if the disk is full.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._waiting: list[Spooled] = []

    def __enter__(self) -> Self:
        self._execute("PRAGMA journal_mode = OFF")
        self._execute("CREATE TABLE read (published INTEGER, path TEXT, claim BLOB, texts BLOB)")
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def add(self, article: Spooled) -> None:
        """Add an article."""
        self._waiting.append(article)
        if len(self._waiting) >= _WAITING:
            self._flush()

    def batches(self, size: int | None = None) -> Iterator[tuple[list[Claim], Iterator[Texts]]]:
        """Yield the claims and texts of all articles in the order of their publication.

        size: of each batch but the last; by default there is one batch. The last may be empty.
        """
        self._flush()
        ordered = self._execute("SELECT rowid, claim FROM read ORDER BY published, path")
        is_last = False
        while not is_last:
            some = ordered.fetchmany(size) if size else ordered.fetchall()
            is_last = not size or len(some) < size
            numbers = [number for number, _ in some]
            yield [_decode_claim(claim) for _, claim in some], self._texts(numbers)

    def _texts(self, numbers: Sequence[int]) -> Iterator[Texts]:
        for number in numbers:
            (texts,) = self._execute("SELECT texts FROM read WHERE rowid = ?", number).fetchone()
            yield _decode_texts(texts)

    def _flush(self) -> None:
        try:
            self._database.executemany("INSERT INTO read VALUES (?, ?, ?, ?)", self._waiting)
        except sqlite3.Error as error:
            raise _full(error) from None
        self._waiting.clear()

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        try:
            return self._database.execute(statement, values)
        except sqlite3.Error as error:
            raise _full(error) from None


def _full(error: sqlite3.Error) -> FeedsvcError:
    message = f"{gettempdir()}: cannot hold the articles read: {error}"
    return FeedsvcError(f"{message}; free disk space or set SQLITE_TMPDIR")
