"""Finds the files to import, and detects the format of each by its content."""

import codecs
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from feedsvc.errors import FeedsvcError, Problem
from feedsvc.importers import medium, substack, tables, wpstatus


class SourceFormat(StrEnum):
    """The format of a source."""

    FEED = "feed"
    WORDPRESS = "wordpress"
    PAGE = "page"
    TEXT = "text"
    GHOST = "ghost"
    SUBSTACK = "substack"
    MEDIUM = "medium"
    TABLE = "csv"
    ARCHIVE = "zip"


# Browsers save the files of a page in a folder named after it, with `_` and one of these.
PAGE_FOLDERS = ("files", "fichiers")
_SUFFIXES = (
    *(".xml", ".rss", ".rdf", ".atom", ".json", ".wxr"),
    *(".html", ".htm", ".xhtml", ".txt", ".text", ".csv"),
)
_TABLE = ".csv"
POSTS = "posts"  # the folder with the posts in exports of Substack and Medium
_PAGES = (".html", ".htm")
_BEGINNING = 65_536  # bytes read to detect the format
_MAX_PROLOGUE = 4096  # bytes before the first element of a page
_FEED_ROOT = re.compile(rb"<(?:[\w-]+:)?(?:rss|feed|RDF)\b")
_GHOST = re.compile(rb'\{\s*"(?:db|meta)"')
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_HTML = re.compile(rb"(?i)<(?:!doctype\s+html|html|head|body|article|meta|title)\b")


@dataclass(frozen=True, slots=True)
class Source:
    """A file to import. name: its path in messages. size: in bytes."""

    path: Path
    name: str
    size: int


def find(paths: tuple[Path, ...]) -> Iterator[Source | Problem]:
    """Yield the given files and those in the given folders, in the order of their paths.

    In folders, hidden files, files with other suffixes and the files of saved pages are skipped.
    Links are not followed, because those in an archive could lead anywhere. Raises FeedsvcError if
    a path does not exist.
    """
    for path in paths:
        if path.is_dir():
            yield from _walk(path)
        elif path.parent.name == POSTS and _substack(path.parent.parent):
            message = "is part of a Substack export; import posts.csv, which says who may read it"
            yield Problem(str(path), 0, "unknown-source", message)
        else:
            try:
                yield Source(path, str(path), path.stat().st_size)
            except OSError as error:
                raise FeedsvcError(f"{path}: cannot be read: {error.strerror}") from None


def _walk(top: Path) -> Iterator[Source | Problem]:
    if top.name == POSTS and (export := _substack(top.parent)):
        yield export
        return
    for root, folders, names in os.walk(top):
        if export := _substack(Path(root)):
            yield export
            folders.clear()
            continue
        if POSTS in folders and _is_medium(Path(root, POSTS)):
            folders[:], names = [POSTS], []  # the others contain private data
        pages = [name.rpartition(".")[0] for name in names if name.lower().endswith(_PAGES)]
        skipped = {f"{page}_{suffix}" for page in pages for suffix in PAGE_FOLDERS}
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in skipped)
        for name in sorted(names):
            if name.startswith(".") or not name.lower().endswith(_SUFFIXES):
                continue
            path = Path(root, name)
            source = _regular(path)
            if source and not (name.lower().endswith(_TABLE) and detect(source) is None):
                yield source
            elif not source:
                message = "is a link or a device, not a file; name it explicitly to import it"
                yield Problem(str(path), 0, "not-a-file", message)


def _regular(path: Path) -> Source | None:
    """Return a file that is not a link; None if there is none."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return Source(path, str(path), status.st_size) if stat.S_ISREG(status.st_mode) else None


def _substack(folder: Path) -> Source | None:
    """Return the table of an unpacked export of Substack; None if it is not in this folder."""
    source = _regular(folder / "posts.csv")
    return source if source and detect(source) is SourceFormat.SUBSTACK else None


def _is_medium(posts: Path) -> bool:
    """Return whether a folder contains the posts of an unpacked export of Medium."""
    sources = filter(None, map(_regular, sorted(posts.glob("*.html"))))
    return any(detect(source) is SourceFormat.MEDIUM for source in sources)


def format_to_read(source: Source, given: SourceFormat | None) -> SourceFormat | None:
    """Return the format that the user gave, or the detected one. Raises OSError.

    An archive is always read as one: formats of exports are those of its members.
    """
    detected = detect(source)
    return detected if given is None or detected is SourceFormat.ARCHIVE else given


def detect(source: Source) -> SourceFormat | None:
    """Return the format of a file; None if it cannot be imported. Raises OSError."""
    format = format_of(_beginning(source))
    is_other_table = format is SourceFormat.TEXT and source.path.suffix.lower() == _TABLE
    return None if is_other_table else format


def format_of(beginning: bytes) -> SourceFormat | None:
    """Return the format of a file with this beginning; see `beginning`."""
    feed, page = _FEED_ROOT.search(beginning), _HTML.search(beginning)
    if feed and beginning.startswith(b"<") and not (page and page.start() < feed.start()):
        return SourceFormat.WORDPRESS if wpstatus.is_export(beginning) else SourceFormat.FEED
    if any(re.match(pattern, beginning, re.S) for pattern in _ADVICE):
        return None
    if beginning.startswith(_ZIP):
        return SourceFormat.ARCHIVE
    if b"\0" in beginning:  # binary, unlike a feed with stray control characters
        return None
    if beginning.startswith(b"{"):
        return SourceFormat.GHOST if _GHOST.match(beginning) else SourceFormat.FEED
    if page and page.start() < _MAX_PROLOGUE:
        return SourceFormat.MEDIUM if medium.is_post(beginning) else SourceFormat.PAGE
    columns = tables.columns(beginning)
    if substack.is_table(columns):
        return SourceFormat.SUBSTACK
    return SourceFormat.TABLE if tables.is_table(columns) else SourceFormat.TEXT


# Advice about unsupported formats, by a pattern for the beginning of a file.
_ADVICE = {
    rb"<opml\b|<.{0,2000}?<opml\b": "is a list of feeds (OPML) without articles; save the feeds "
    "that it lists, and import those",
    rb"%PDF-": "is a PDF, which does not mark its text; import pages or a feed of the site",
}


def advice(source: Source) -> str:
    """Return why a file cannot be imported, and the remedy. Raises OSError."""
    start = _beginning(source)
    for pattern, message in _ADVICE.items():
        if re.match(pattern, start, re.S):
            return message
    if source.path.suffix.lower() == _TABLE:
        return "is a table without a column title and one like content or html; leave it out"
    return "is in no format that can be imported; leave it out, or name its format with --as"


def is_json(source: Source) -> bool:
    """Return whether a feed is JSON. Raises OSError."""
    return _beginning(source).startswith(b"{")


def _beginning(source: Source) -> bytes:
    with source.path.open("rb") as file:
        return beginning(file.read(_BEGINNING))


def beginning(content: bytes) -> bytes:
    """Return the beginning of a file without BOM and leading whitespace, and UTF-16 as UTF-8."""
    content = content[:_BEGINNING]
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        content = content.decode("utf-16", "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8).lstrip()
