"""Finds the files of the sources and says of each what it is, by what it holds."""

import codecs
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from feedsvc.errors import FeedsvcError, Problem
from feedsvc.importers import wpstatus


class As(StrEnum):
    """What a source can be read as."""

    FEED = "feed"
    WORDPRESS = "wordpress"
    PAGE = "page"
    TEXT = "text"


ENDINGS = (
    *(".xml", ".rss", ".rdf", ".atom", ".json", ".wxr"),
    *(".html", ".htm", ".xhtml", ".txt", ".text"),
)
_PAGES = (".html", ".htm")
# How browsers call the folder of what they save beside a page: its name, `_`, and this.
BESIDE = ("files", "fichiers")
_BEGINNING = 65_536  # bytes that are looked at
_HEAD = 4096  # bytes before the first element of a page


@dataclass(frozen=True, slots=True)
class Source:
    """One file to import. shown: its path as the user would write it."""

    path: Path
    shown: str
    size: int


def find(named: tuple[Path, ...]) -> Iterator[Source | Problem]:
    """Yield the files that were named, and those in folders that were, in the order of their paths.

    In a folder, hidden files are passed over, and so are files with other endings and what a
    browser saved beside a page. Links are not followed, as an archive may lead one anywhere.
    Raises FeedsvcError where something is not there.
    """
    for each in named:
        if each.is_dir():
            yield from _walk(each)
        else:
            try:
                yield Source(each, str(each), each.stat().st_size)
            except OSError as error:
                raise FeedsvcError(f"{each}: cannot be read: {error.strerror}") from None


def _walk(folder: Path) -> Iterator[Source | Problem]:
    for where, folders, names in os.walk(folder):
        pages = [name.rpartition(".")[0] for name in names if name.lower().endswith(_PAGES)]
        beside = {f"{page}_{each}" for page in pages for each in BESIDE}
        folders[:] = sorted(each for each in folders if each[0] != "." and each not in beside)
        for name in sorted(names):
            path = Path(where, name)
            if name.startswith(".") or not name.lower().endswith(ENDINGS):
                continue
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                yield Source(path, str(path), found.st_size)
            else:
                yield Problem(
                    str(path), 0, "not-a-file", "is no file but a link or a device; name it"
                )


_FEED_ROOT = re.compile(rb"<(?:[\w-]+:)?(?:rss|feed|RDF)\b")
_HTML = re.compile(rb"(?i)<(?:!doctype\s+html|html|head|body|article|meta|title)\b")


def kind(source: Source) -> As | None:
    """Say what a file is by its beginning; None for what is nothing that can be imported.

    Raises OSError.
    """
    with source.path.open("rb") as file:
        beginning = file.read(_BEGINNING)
    if beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        beginning = beginning.decode("utf-16", "replace").encode()
    beginning = beginning.removeprefix(codecs.BOM_UTF8)
    beginning = beginning.lstrip()
    feed, page = _FEED_ROOT.search(beginning), _HTML.search(beginning)
    if feed and beginning.startswith(b"<") and not (page and page.start() < feed.start()):
        return As.WORDPRESS if wpstatus.is_export(beginning) else As.FEED
    if b"\0" in beginning:  # which exports have too
        return None
    if beginning.startswith(b"{"):
        return As.FEED
    return As.PAGE if page and page.start() < _HEAD else As.TEXT


def is_json(source: Source) -> bool:
    """Tell whether a feed is one in JSON. Raises OSError."""
    with source.path.open("rb") as file:
        return file.read(_BEGINNING).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")
