"""A temporary database, for data that may not fit into memory."""

import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from feedsvc.errors import FeedsvcError


class TemporaryDatabase:
    """A temporary on-disk SQLite database, which has no name and leaves no file behind.

    Usable by one thread at a time. Every method raises FeedsvcError if the disk is full.
    """

    def __init__(self, table: str) -> None:
        """Create a table. table: its definition in SQL."""
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.execute("PRAGMA journal_mode = OFF")
        self.execute(f"CREATE TABLE {table}")

    def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Execute a statement."""
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise _full(error) from None

    def execute_many(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Execute a statement for each row."""
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _full(error) from None

    def close(self) -> None:
        """Delete the database, which otherwise exists as long as this object."""
        self._connection.close()

    # Not `weakref.finalize`: a thread that syncs while the process ends would change its registry.
    __del__ = close


def _folder() -> str:
    """Return SQLite's folder for temporary files, which may differ from that of `tempfile`."""
    named = (os.environ.get("SQLITE_TMPDIR"), os.environ.get("TMPDIR"))
    usual = ("/var/tmp", "/usr/tmp", "/tmp")  # noqa: S108 - only named in a message
    usable = (each for each in (*named, *usual) if each and Path(each).is_dir())
    return next((each for each in usable if os.access(each, os.W_OK | os.X_OK)), ".")


def _full(error: sqlite3.Error) -> FeedsvcError:
    return FeedsvcError(
        f"{_folder()}: cannot hold what does not fit into memory: {error}; free disk space or "
        "set SQLITE_TMPDIR"
    )
