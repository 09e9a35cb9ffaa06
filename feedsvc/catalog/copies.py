"""Keeps a copy of an SQLite catalog from before an upgrade."""

import glob
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from feedsvc.errors import CatalogError

_BEFORE = ".before-"
_PART = ".part"


def make(database: str, number: str) -> None:
    """Copy the last committed state of a catalog to `<database>.before-<number>`.

    The caller must prevent writes meanwhile. The copy appears complete and flushed to disk, or
    not at all; an existing copy of that name is replaced. Raises CatalogError, sqlite3.Error.
    """
    copy = Path(f"{database}{_BEFORE}{number}")
    part = Path(f"{copy}{_PART}")
    try:
        part.unlink(missing_ok=True)  # left by an upgrade that was killed
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
        shutil.copymode(database, part)
        _flush(part)
        part.rename(copy)
        _flush(copy.parent)
    except OSError as error:
        raise CatalogError(
            f"{copy}: cannot write the copy of the catalog from before the upgrade: "
            f"{error.strerror}; free disk space and make the folder writable; nothing was upgraded"
        ) from error


def keep_only(database: str, number: str) -> None:
    """Remove the copies from before earlier upgrades."""
    path = Path(database)
    for copy in path.parent.glob(f"{glob.escape(path.name)}{_BEFORE}*"):
        if copy.name != f"{path.name}{_BEFORE}{number}":
            copy.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
