"""Elects the one process that writes a catalog while sites are served; writes nothing itself.

Election means holding a lock that the operating system or the database releases when its process
ends, however it ends: on PostgreSQL a session's advisory lock, on SQLite the lock of an empty
database file next to the catalog.

PostgreSQL also ends the session of a process that was frozen or cut off, since it is idle then. As
the elected process writes in that session, it cannot write any more when it comes back.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from feedsvc.errors import CatalogError

# One writer for each catalog. One database may hold several, each in a schema of its own.
_TRY = text("SELECT pg_try_advisory_lock(hashtext('feedsvc writer ' || current_schema()))")
# Advisory locks with a bigint key have objsubid 1; classid and objid are the halves of the key.
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND objsubid = 1 AND pid <> pg_backend_pid() AND (classid::bigint << 32) | objid::bigint = "
    "hashtext('feedsvc writer ' || current_schema())"
)
_SUFFIX = "-writer"
_IDLE = 6000  # milliseconds without a statement after which a session is ended
_BEAT = 1.0  # seconds between statements that keep it alive
_LOST = "another process may write the catalog: the session that held the lock has ended"


class Lease(Protocol):
    """The right to write, valid until `end` is called or the lock is lost."""

    def holds(self) -> bool:
        """Return whether the lease is still valid."""
        ...

    def end(self) -> None:
        """Release it."""
        ...


def elect(engine: Engine) -> Lease | None:
    """Return the right to write, or None while another process has it.

    Raises CatalogError, SQLAlchemyError or sqlite3.Error if the database cannot be used.
    """
    if engine.dialect.name == "sqlite":
        return _lock_file(Path(str(engine.url.database)))
    connection = engine.connect().execution_options(isolation_level="READ COMMITTED")
    try:
        if connection.scalar(_TRY):
            if (engine.dialect.server_version_info or (0,)) >= (14,):
                connection.exec_driver_sql(f"SET idle_session_timeout = {_IDLE}")
            connection.commit()  # the lock belongs to the session
            return SessionLease(connection)
    except SQLAlchemyError:
        connection.invalidate()
        raise
    connection.close()
    return None


def depose(engine: Engine) -> None:
    """Take the lock away from the elected process, which notices before it writes again.

    Lets a newer program upgrade the catalog while an older one is still running; the deposed
    process stands for election again. Raises SQLAlchemyError or OSError on failure.
    """
    if engine.dialect.name == "sqlite":
        Path(f"{engine.url.database}{_SUFFIX}").unlink(missing_ok=True)
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_END)


def limit_idle_time(connection: Connection) -> None:
    """Let PostgreSQL end the transaction if it is idle, as others wait for its locks."""
    connection.exec_driver_sql(f"SET LOCAL idle_in_transaction_session_timeout = {_IDLE}")


@contextmanager
def kept_alive(connection: Connection) -> Iterator[None]:
    """Keep a transaction from being ended as idle while this process runs.

    Reading articles may take minutes; meanwhile, a thread sends a statement each second.
    """
    driver: Any = connection.connection.driver_connection
    pulse = _Pulse(lambda: driver.execute("SELECT 1"))
    try:
        yield
    finally:
        pulse.stop()


class _Pulse:
    """A thread that calls a function each second until it is stopped."""

    def __init__(self, beat: Callable[[], object]) -> None:
        self._beat = beat
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feedsvc-pulse", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread; the function is not called after that."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_BEAT):
            with suppress(Exception):  # the next statement of the session's owner fails as well
                self._beat()


class SessionLease:
    """The advisory lock of a PostgreSQL session, in which its holder writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._turn = threading.Lock()
        self._pulse = _Pulse(self._beat)
        self.ended = False

    def holds(self) -> bool:
        """Return whether the session, and with it the lock, is still alive."""
        with self._turn:
            try:
                if self.ended or self._connection.invalidated:  # it would silently reconnect
                    return False
                self._connection.exec_driver_sql("SELECT 1")
                self._connection.rollback()
            except SQLAlchemyError:
                return False
            return True

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """Lend the session for a transaction. Raises CatalogError if it has ended."""
        with self._turn:
            if self.ended or self._connection.invalidated:
                raise CatalogError(_LOST)
            self._pulse.stop()
            try:
                yield self._connection
            finally:
                self._pulse = _Pulse(self._beat)

    def end(self) -> None:
        """End the session; returned to the pool, it would keep the lock."""
        self.ended = True
        self._pulse.stop()
        with suppress(SQLAlchemyError):
            self._connection.invalidate()
            self._connection.close()

    def _beat(self) -> None:
        self._driver.execute("SELECT 1")
        self._driver.rollback()


def _lock_file(catalog: Path) -> "_FileLease | None":
    path = Path(f"{catalog}{_SUFFIX}")
    sqlite3.connect(path).close()  # creates it
    inode = _inode(path)
    lock = sqlite3.connect(path, timeout=0, check_same_thread=False, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        lock.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            return None
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB:  # the catalog itself is not damaged
            raise CatalogError(f"{path}: is not a lock file of feedsvc; move it away") from None
        raise
    if inode is None or inode != _inode(path):  # `depose` removed the file before it was locked
        lock.close()
        return None
    return _FileLease(lock, path, catalog, inode)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


class _FileLease:
    """The lock of an empty SQLite file next to the catalog; the catalog itself is not locked."""

    def __init__(self, lock: sqlite3.Connection, path: Path, catalog: Path, inode: int) -> None:
        self._lock = lock
        self._path = path
        self._catalog = catalog
        self._inode = inode

    def holds(self) -> bool:
        """Return whether the lock file and the catalog still exist; `depose` removes the former."""
        try:
            return _inode(self._path) == self._inode and self._catalog.exists()
        except OSError:
            return False

    def end(self) -> None:
        """Release the lock."""
        self._lock.close()
