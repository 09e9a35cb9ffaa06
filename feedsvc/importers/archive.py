"""Reads exports that are ZIP archives. Nothing is extracted to disk.

Archives are untrusted. The sizes of the central directory, of each member and of all decompressed
data are limited; nested archives are not opened.
"""

import io
import re
import zipfile
import zlib
from pathlib import Path

from feedsvc.errors import ArticleError, Problem
from feedsvc.importers import medium, substack, tables, texts
from feedsvc.importers.item import Hints, ParseResults

MAX_MEMBER = 20_000_000  # bytes
MAX_TOTAL = 1_000_000_000  # bytes, decompressed
_MAX_LIST = 10_000_000  # bytes of the central directory
# The decompressors of other methods cannot limit their output.
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 1  # a flag
_POST = re.compile(r"(?:[^/]+/)?posts/[^/]+\.html")
_TABLE = re.compile(r"(?:[^/]+/)?posts\.csv")
_UNKNOWN = (
    "is an archive, but not an export of Substack or Medium; unpack it, and import the folder"
)


class Archive:
    """The members of an archive. Its methods raise ArticleError."""

    def __init__(self, path: Path) -> None:
        self._left = MAX_TOTAL
        self._file = _Bounded(path)
        try:
            self._zip = zipfile.ZipFile(self._file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            self._file.close()
            message = f"cannot be read: {error}; export it again"
            raise ArticleError("broken-archive", message) from None

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()
        self._file.close()

    def names(self, pattern: re.Pattern[str]) -> list[str]:
        """Return the member names that match a pattern entirely, in archive order."""
        return [name for name in dict.fromkeys(self._zip.namelist()) if pattern.fullmatch(name)]

    def read(self, name: str) -> bytes:
        """Return the content of a member."""
        try:
            member = self._zip.getinfo(name)
        except KeyError:
            raise ArticleError("no-article", f"has no file {name}; export it again") from None
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _METHODS:
            message = f"{name} is encrypted, or compressed in a rare way"
            raise ArticleError("broken-archive", message)
        limit = min(MAX_MEMBER, self._left)
        if member.file_size > limit:
            raise _too_large(name, limit)
        try:
            with self._zip.open(member) as opened:
                content = opened.read(member.file_size)  # decompresses no more than that
        except (zipfile.BadZipFile, ValueError, EOFError, zlib.error) as error:
            raise ArticleError("broken-archive", f"{name} cannot be read: {error}") from None
        self._left -= len(content)
        return content


class _Bounded(io.FileIO):
    """A file that refuses large reads, because zipfile reads the central directory at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _MAX_LIST:
            raise zipfile.BadZipFile("it has too many members")
        return super().read(_MAX_LIST if size is None or size < 0 else size) or b""


def read_unpacked(folder: Path, name: str) -> bytes:
    """Return the content of a file of an unpacked export, unless it is a link.

    Raises ArticleError.
    """
    path = folder / name
    if folder.is_symlink() or path.is_symlink() or not path.is_file():
        raise ArticleError("no-article", f"has no file {path}; export it again")
    try:
        with path.open("rb") as opened:
            content = opened.read(MAX_MEMBER + 1)
    except OSError as error:
        raise ArticleError("unreadable-source", f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_MEMBER:
        raise _too_large(path.name, MAX_MEMBER)
    return content


def _too_large(name: str, limit: int) -> ArticleError:
    return ArticleError("source-too-large", f"{name} is too large; the limit is {limit} bytes")


def read(source: str, path: Path, hints: Hints) -> ParseResults:
    """Yield the posts of an export of Substack or Medium."""
    try:
        with Archive(path) as archive:
            table_name = next(iter(archive.names(_TABLE)), "")
            table = archive.read(table_name) if table_name else b""
            folder = table_name.removesuffix("posts.csv")
            posts = archive.names(_POST)
            if substack.is_table(tables.columns(table)):
                yield from substack.read(
                    source, table, lambda name: archive.read(f"{folder}posts/{name}"), hints
                )
            elif posts and not table:
                yield from _medium(source, archive, posts, hints)
            else:
                yield Problem(source, 0, "unknown-source", _UNKNOWN)
    except ArticleError as error:
        yield Problem(source, 0, error.code, error.message)


def _medium(source: str, archive: Archive, posts: list[str], hints: Hints) -> ParseResults:
    for name in posts:
        place = f"{source}/{name}"
        try:
            content = archive.read(name)
        except ArticleError as error:
            yield Problem(place, 0, error.code, error.message)
            continue
        if medium.is_post(content):
            yield from medium.read(place, texts.decode(content)[0], hints)
        else:
            yield Problem(place, 0, "unknown-source", "is not a post of Medium; leave it out")
