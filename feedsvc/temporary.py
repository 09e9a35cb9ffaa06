"""A temporary database, for what may not fit into memory."""

import sqlite3
from collections.abc import Iterable
from tempfile import gettempdir

from feedsvc.errors import FeedsvcError


class TemporaryDatabase:
    """An SQLite database on disk that has no name, so that nothing is left of it.

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
        """Delete the database."""
        self._connection.close()


def _full(error: sqlite3.Error) -> FeedsvcError:
    return FeedsvcError(
        f"{gettempdir()}: cannot hold what does not fit into memory: {error}; free disk space or "
        "set SQLITE_TMPDIR"
    )
