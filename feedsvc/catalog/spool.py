"""Spools the articles that a sync has read to disk, until all are read."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

import msgspec

from feedsvc.catalog.identity import Claim
from feedsvc.catalog.rows import Texts
from feedsvc.temporary import TemporaryDatabase

_WAITING = 500  # articles that are written at once

_encode = msgspec.msgpack.Encoder().encode
_decode_claim = msgspec.msgpack.Decoder(Claim).decode
_decode_texts = msgspec.msgpack.Decoder(Texts).decode


class Spooled(NamedTuple):
    """An article that was read. claim, texts: encoded, as they are only needed later."""

    published: int
    path: str
    claim: bytes
    texts: bytes


def pack(claim: Claim, texts: Texts) -> Spooled:
    """Encode an article that was read."""
    return Spooled(claim.columns.published, claim.path, _encode(claim), _encode(texts))


class Spool:
    """Holds articles until all are read.

    Only then is it known which of them can be published, and they may not fit into memory. Every
    method raises FeedsvcError if the disk is full.
    """

    def __init__(self) -> None:
        self._disk = TemporaryDatabase(
            "read (published INTEGER, path TEXT, claim BLOB, texts BLOB)"
        )
        self._waiting: list[Spooled] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._disk.close()

    def add(self, article: Spooled) -> None:
        """Add an article."""
        self._waiting.append(article)
        if len(self._waiting) >= _WAITING:
            self._flush()

    def batches(self, size: int | None = None) -> Iterator[tuple[list[Claim], Iterator[Texts]]]:
        """Yield the claims and texts of all articles in order of publication.

        size: of each batch but the last; by default there is one batch. The last may be empty.
        """
        self._flush()
        ordered = self._disk.execute("SELECT rowid, claim FROM read ORDER BY published, path")
        is_last = False
        while not is_last:
            some = ordered.fetchmany(size) if size else ordered.fetchall()
            is_last = not size or len(some) < size
            numbers = [number for number, _ in some]
            yield [_decode_claim(claim) for _, claim in some], self._texts(numbers)

    def _texts(self, numbers: Sequence[int]) -> Iterator[Texts]:
        for number in numbers:
            found = self._disk.execute("SELECT texts FROM read WHERE rowid = ?", number)
            yield _decode_texts(found.fetchone()[0])

    def _flush(self) -> None:
        self._disk.execute_many("INSERT INTO read VALUES (?, ?, ?, ?)", self._waiting)
        self._waiting.clear()
