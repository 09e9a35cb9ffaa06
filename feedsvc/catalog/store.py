"""Opens the catalog and its transactions; contains no queries."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from feedsvc.catalog import copies, election, engines, migrations, schema
from feedsvc.catalog.changes import POLL, Changes, notify
from feedsvc.catalog.election import Lease, SessionLease, kept_alive, limit_idle_time
from feedsvc.catalog.migrations import Migrations
from feedsvc.catalog.patience import limit_waits
from feedsvc.errors import CatalogError, DamagedError, FeedsvcError
from feedsvc.extras import how_to_install

# An open transaction: the first argument of all queries, opaque to other packages.
Transaction = Connection

# One writing transaction at a time in each catalog; a database may hold several catalogs.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('feedsvc ' || current_schema()))")
_ASIDE = ".damaged-"
_NOT_UTF8 = "Could not decode to UTF-8"  # all our texts are UTF-8
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WRITABLE = "; make the file and its folder writable for this user"
_ROOM = "; the change was rolled back: free disk space"
_REMEDIES = {
    sqlite3.SQLITE_READONLY: _WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _WRITABLE,
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_IOERR: _ROOM,
}


class Catalog(AbstractContextManager["Catalog"]):
    """The catalog at a URL. Safe to share between threads; each process needs its own.

    All database errors are raised as CatalogError. As a context manager, it closes itself.
    """

    def __init__(
        self, url: str, known: Migrations | None = None, patience: float | None = None
    ) -> None:
        """Initialize without connecting.

        known: the migrations, by default those of feedsvc. patience: seconds to wait for each
        answer of a server, None for no limit.
        """
        self._migrations = known or Migrations()
        try:
            self._url = make_url(url)
        except (ValueError, ArgumentError):
            raise CatalogError(
                "the database URL is invalid; write it as sqlite:///path/to/catalog.db or "
                "postgresql://user@host/name"
            ) from None
        self._sqlite = self._url.get_backend_name() == "sqlite"
        self._name = self._url.render_as_string(hide_password=True)
        self._file: tuple[int, int] | None = None
        self._lease: Lease | None = None
        try:
            self._engine = engines.create(self._url)
        except ImportError as error:
            command = how_to_install("postgres", error)
            raise CatalogError(f"{self._name} needs a driver; install it with {command}") from None
        except NoSuchModuleError:
            raise CatalogError(
                f"{self._name} is of an unknown kind; use SQLite or PostgreSQL"
            ) from None
        if patience and not self._sqlite:
            limit_waits(self._engine, patience)

    def __exit__(self, *_: object) -> None:
        self.close()

    def create(self, fill: Callable[[Connection], None] = lambda _: None) -> None:
        """Create the tables if there are none.

        fill: called with the new tables before the transaction is committed. Raises OutdatedError
        or NewerError for another schema, DamagedError for a file that is not a database.
        """
        self._make_folder()
        if self.check():
            return
        with self.writing() as connection:
            if migrations.number_within(connection) is None:  # else another process was faster
                schema.metadata.create_all(connection, checkfirst=False)
                self._migrations.stamp(connection)
                fill(connection)

    def check(self) -> bool:
        """Return whether the catalog exists. Raises OutdatedError or NewerError, see `create`."""
        if not self._follow():
            return False
        with self.reading() as connection:
            self._migrations.check(connection, found := migrations.number(connection))
        return found is not None

    def check_readable(self, connection: Transaction) -> bool:
        """Return whether the tables exist; to be called first in a transaction.

        Raises SchemaError if this program cannot read them.
        """
        return self._migrations.check_readable(connection)

    def upgrade(self) -> tuple[str, str] | None:
        """Upgrade a catalog of an older program to the current schema, in one transaction.

        Only for the elected writer. An SQLite catalog is copied first. Return the schema numbers
        before and after, or None if nothing had to be done. Raises NewerError.
        """
        with self._exclusive() as connection:
            found, newest = migrations.number_within(connection), self._migrations.newest
            if found is None or found >= newest:
                self._migrations.check(connection, found)
                return None
            if self._sqlite:
                copies.make(str(self._url.database), newest)
            try:
                self._migrations.upgrade(connection, found)
            except (SQLAlchemyError, sqlite3.Error, FeedsvcError):
                raise
            except Exception as error:
                raise CatalogError(
                    f"{self._name}: cannot be upgraded from schema {found} to {newest}, and is "
                    f"unchanged: {type(error).__name__}: {error}"
                ) from error
            notify(connection)  # other programs may not be able to read it any more
        if self._sqlite:
            copies.keep_only(str(self._url.database), newest)
        return found, newest

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """Open a transaction that sees one revision, whatever is written in the meantime."""
        if not self._follow():  # opening it would create an empty one
            raise CatalogError(f"{self._name}: there is no catalog; `feedsvc sync` creates it")
        with self._errors(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open the only writing transaction, after others have ended; roll back on any exception.

        While this process is elected, it runs in the session that holds the lock, so nothing is
        written once another process may be elected. Raises OutdatedError or NewerError if the
        catalog has another schema.
        """
        with self._exclusive() as connection:
            self._migrations.check(connection, migrations.number_within(connection))
            yield connection

    @contextmanager
    def concurrent(self) -> Iterator[Connection]:
        """Open a writing transaction beside others, for tables that several processes write.

        On PostgreSQL it waits only for rows that others have locked, and reads what was committed
        before each statement; on SQLite there is one writing transaction at a time. Raises
        OutdatedError or NewerError.
        """
        self._follow()
        with self._errors(), self._session() as connection, connection.begin():
            if not self._sqlite:
                limit_idle_time(connection)
            self._migrations.check(connection, migrations.number_within(connection))
            yield connection

    @contextmanager
    def _exclusive(self) -> Iterator[Connection]:
        self._follow()
        lease = self._lease
        session = self._session
        if isinstance(lease, SessionLease) and not lease.ended:
            session = lease.session
        with self._errors(), session() as connection, connection.begin():
            if self._sqlite:
                yield connection
                return
            limit_idle_time(connection)
            connection.execute(_LOCK)
            with kept_alive(connection):
                yield connection

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        # On PostgreSQL, reads after the lock must see what the previous writer committed.
        options: dict[str, Any] = (
            {engines.WRITING: True} if self._sqlite else {"isolation_level": "READ COMMITTED"}
        )
        with self._engine.connect() as connection:
            yield connection.execution_options(**options)

    def elect(self) -> Lease | None:
        """Return the right to write while sites are served, or None. See election.elect."""
        self._make_folder()
        with self._errors():
            self._lease = election.elect(self._engine)
        return self._lease

    def changes(self, every: float = POLL) -> Changes:
        """Return an object that waits for changes, for one thread. every: see Changes."""
        return Changes(self._engine, every)

    def depose(self) -> None:
        """Take the right to write away from the elected process. See election.depose."""
        with self._errors():
            try:
                election.depose(self._engine)
            except OSError as error:
                raise CatalogError(
                    f"{self._name}: cannot be taken over from the older feedsvc that writes it: "
                    f"{error.strerror}{_WRITABLE}"
                ) from error

    def verify(self) -> None:
        """Check a whole SQLite file; 100,000 articles take 0.5 s. Raises DamagedError."""
        if self._sqlite:
            with self.reading() as connection:
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if found != "ok":
                raise DamagedError(f"{self._name}: the catalog is damaged: {found}")

    def set_aside(self) -> str:
        """Rename the file of an SQLite catalog, so that it can be rebuilt; return the new name.

        Open connections keep using the renamed file until their next transaction.
        """
        database = str(self._url.database)
        aside = f"{database}{_ASIDE}{len(self._aside_files()) + 1}"
        try:
            for suffix in ("-wal", "-shm", ""):
                if Path(database + suffix).exists():
                    Path(database + suffix).rename(aside + suffix)
        except OSError as error:
            message = f"{self._name}: is damaged and cannot be renamed: {error.strerror}"
            raise CatalogError(message) from None
        self._engine.dispose()
        return aside

    @property
    def damaged(self) -> str | None:
        """The file that was set aside last, or None."""
        return self._aside_files()[-1] if self._sqlite and self._aside_files() else None

    def _aside_files(self) -> list[str]:
        names = (f"{self._url.database}{_ASIDE}{number}" for number in count(1))
        return list(takewhile(os.path.exists, names))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _make_folder(self) -> None:
        if self._sqlite and self._url.database:
            try:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CatalogError(f"{self._name}: its folder cannot be created: {error}") from None

    def _follow(self) -> bool:
        """Drop connections if the file was replaced or deleted; return whether there is one."""
        if not self._sqlite:
            return True
        file = None
        with suppress(FileNotFoundError):
            found = Path(str(self._url.database)).stat()
            file = (found.st_dev, found.st_ino)
        if self._file not in (None, file):
            self._engine.dispose()  # a deleted file would still accept writes
        self._file = file
        return file is not None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            cause = getattr(error, "orig", None) or error
            reason, *_ = str(cause).strip().splitlines() or [type(cause).__name__]
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the primary code
            message = f"{self._name}: the catalog cannot be used: {reason}"
            if code in _DAMAGE or _NOT_UTF8 in reason:
                raise DamagedError(message) from error
            raise CatalogError(f"{message}{_REMEDIES.get(code, '')}") from error
        except UnicodeDecodeError as error:
            raise DamagedError(f"{self._name}: the catalog is damaged: {error}") from error
