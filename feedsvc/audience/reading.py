"""Reads a log from the position where an earlier import ended.

A log is identified by its first uncompressed bytes, not by its name. Lines that were imported
before are skipped, even if the log has grown or was rotated.
"""

import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, NamedTuple

from feedsvc.audience.store import LogPosition, Store
from feedsvc.errors import FeedsvcError

STDIN = "-"
_BLOCK = 1 << 18  # bytes; the lines of a larger block do not fit into a CPU's caches
_HEAD = _TAIL = 1024  # bytes that are compared
_LONGEST = 1 << 20  # bytes of a line
_GZIP = b"\x1f\x8b"


class Block(NamedTuple):
    """Some whole lines. end: the position after them. raw: bytes read from the file so far."""

    lines: list[bytes]
    end: int
    raw: int


class _Input:
    """The uncompressed bytes of a file. raw: the number of bytes read from the file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._gzip: zlib._Decompress | None = None
        self.raw = 0
        self.cut = False
        first = self._read()
        if first.startswith(_GZIP):
            self._gzip = zlib.decompressobj(wbits=31)
            first = self._inflate(first)
        self._first = first

    def read(self) -> bytes:
        """Return the next bytes, b'' at the end."""
        if self._first:
            first, self._first = self._first, b""
            return first
        while data := self._read():
            if self._gzip is None or (data := self._inflate(data)):
                return data
        return b""

    def _read(self) -> bytes:
        data = self._file.read(_BLOCK if self._gzip is None else _BLOCK // 16)
        self.raw += len(data)
        return data

    def _inflate(self, data: bytes) -> bytes:
        """Decompress; a gzip file may have several members, as after appending to a log."""
        parts = []
        try:
            while data and self._gzip:
                parts.append(self._gzip.decompress(data))
                data = self._gzip.unused_data
                if self._gzip.eof:
                    self._gzip = zlib.decompressobj(wbits=31)
        except zlib.error:
            self.cut = True
        return b"".join(parts)


class LogReader:
    """One log. start: the position of the first byte that was not read by earlier imports.

    known: its position in the store. incomplete: whether it ends within a line.
    """

    def __init__(self, file: BinaryIO, name: str, store: Store) -> None:
        """Read the head. Raises FeedsvcError if the log has changed since an earlier import."""
        self._input = _Input(file)
        self._name = name
        self._rest = b""
        self._tail = b""
        self.incomplete = False
        while len(self._rest) < _HEAD and (data := self._input.read()):
            self._rest += data
        self.known = self._find(store)
        self.start = self._end = self.known.position if self.known else 0
        self.fields = _fields(self._rest)
        if self.start:
            self._skip()

    @property
    def position(self) -> LogPosition:
        """The position up to which it has been read."""
        if self.known is None:
            raise FeedsvcError(f"{self._name}: nothing was read")
        self.known.position, self.known.tail = self._end, _digest(self._tail)
        return self.known

    def stored(self) -> None:
        """Note that the position is in the store, or will be with the next transaction."""
        position = self.position
        position.before = position.position

    def blocks(self) -> Iterator[Block]:
        """Yield the new lines. The last one is left out if it is incomplete."""
        while True:
            if len(self._rest) > _LONGEST and b"\n" not in self._rest:
                self._advance(self._rest[:-1])  # too long for a line of a log
                self._rest = self._rest[-1:]
            whole, end, rest = self._rest.rpartition(b"\n")
            if end:
                self._advance(whole + end)
                self._rest = rest
                yield Block(whole.split(b"\n"), self._end, self._input.raw)
            data = self._input.read()
            if not data:
                break
            self._rest += data
        self.incomplete = bool(self._rest) or self._input.cut

    def _advance(self, data: bytes) -> None:
        if self.known is None:
            size = min(len(data), _HEAD)
            self.known = LogPosition(_digest(data[:size]), size, 0, "")
        self._end += len(data)
        self._tail = (self._tail + data)[-_TAIL:]

    def _find(self, store: Store) -> LogPosition | None:
        sizes = sorted(store.log_sizes(), reverse=True)
        heads = (_digest(self._rest[:size]) for size in sizes if size <= len(self._rest))
        return next(filter(None, map(store.log, heads)), None)

    def _skip(self) -> None:
        """Skip the bytes that were read before."""
        left = self.start
        while left > len(self._rest):
            left -= len(self._rest)
            self._tail = (self._tail + self._rest)[-_TAIL:]
            self._rest = self._input.read()
            if not self._rest:
                return  # it was truncated; there is nothing new
        self._tail = (self._tail + self._rest[:left])[-_TAIL:]
        self._rest = self._rest[left:]
        if self.known and _digest(self._tail) != self.known.tail:
            raise FeedsvcError(
                f"{self._name}: begins like a log that was imported before, but continues "
                "differently; nothing of it was counted"
            )


@contextmanager
def opened(name: str) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a log, or standard input for '-'; yield it with its size. Raises FeedsvcError."""
    if name == STDIN:
        yield sys.stdin.buffer, None
        return
    try:
        with Path(name).open("rb", buffering=0) as file:
            size = Path(name).stat().st_size
            yield file, size or None
    except OSError as error:
        raise FeedsvcError(f"{name}: cannot be read: {error.strerror}") from None


def _fields(head: bytes) -> bytes:
    """Return the line `#Fields:` of a log's head, which names the columns."""
    lines = (line for line in head.split(b"\n")[:10] if line.startswith(b"#Fields:"))
    return next(lines, b"")


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
