"""Elects the one process that writes a catalog while sites are served; writes nothing itself.

What is elected by is a lock that ends with the process that holds it, however that ends: in
PostgreSQL an advisory lock of a connection, beside an SQLite file the lock of another one.
"""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from feedsvc.errors import CatalogError

# One writer for each catalog, of which one database may have several, each in a schema.
_TRY = text("SELECT pg_try_advisory_lock(hashtext('feedsvc writer ' || current_schema()))")
# The locks of bigint keys have objsubid 1, and the two halves of the key in classid and objid.
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND objsubid = 1 AND pid <> pg_backend_pid() AND (classid::bigint << 32) | objid::bigint = "
    "hashtext('feedsvc writer ' || current_schema())"
)
_SUFFIX = "-writer"


class Lease(Protocol):
    """The right to write. It lasts until it is ended, or its lock is lost."""

    def holds(self) -> bool:
        """Tell whether it is still had."""
        ...

    def end(self) -> None:
        """Give it up."""
        ...


def elect(engine: Engine) -> Lease | None:
    """Return the right to write, or None while another process has it.

    Raises CatalogError, SQLAlchemyError, sqlite3.Error where the database cannot be used.
    """
    if engine.dialect.name == "sqlite":
        return _elect_beside(engine.url)
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        if connection.scalar(_TRY):
            return _Session(connection)
    except SQLAlchemyError:
        connection.invalidate()
        raise
    connection.close()
    return None


def depose(engine: Engine) -> None:
    """Have the process that is elected lose its lock, which it notices before its next work.

    For a newer program that is to upgrade the catalog while an older one still runs; who is deposed
    stands for election again. Raises SQLAlchemyError, OSError where the lock cannot be taken away.
    """
    if engine.dialect.name == "sqlite":
        Path(f"{engine.url.database}{_SUFFIX}").unlink(missing_ok=True)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_END)


class _Session:
    """A lock of a PostgreSQL session."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def holds(self) -> bool:
        """Tell whether the session still lives, and the lock with it."""
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            self.end()
            return False
        return True

    def end(self) -> None:
        """End the session: a pool would keep its lock."""
        with suppress(SQLAlchemyError):
            self._connection.invalidate()
            self._connection.close()


def _elect_beside(url: URL) -> "_Beside | None":
    path = f"{url.database}{_SUFFIX}"
    lock = sqlite3.connect(path, timeout=0, check_same_thread=False, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return None
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:  # nor is the catalog damaged by that
            raise CatalogError(f"{path}: is no lock of ours; move it away") from None
        raise
    return _Beside(lock, Path(str(url.database)))


class _Beside:
    """The lock of an empty SQLite file beside the catalog, which itself is not locked by it."""

    def __init__(self, lock: sqlite3.Connection, catalog: Path) -> None:
        self._lock = lock
        self._catalog = catalog
        self._path = Path(f"{catalog}{_SUFFIX}")
        self._file = self._path.stat().st_ino

    def holds(self) -> bool:
        """Tell whether file and catalog are still there: a newer program removes the file."""
        try:
            return self._path.stat().st_ino == self._file and self._catalog.exists()
        except OSError:
            return False

    def end(self) -> None:
        """Let go of the file."""
        self._lock.close()
