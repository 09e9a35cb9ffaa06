"""Opens the catalog and hands out transactions; knows no query."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from weakref import WeakSet

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from feedsvc.catalog import copies, election, migrations, schema
from feedsvc.catalog.election import Lease
from feedsvc.catalog.migrations import Migrations
from feedsvc.errors import CatalogError, DamagedError, FeedsvcError

# What the functions of queries.py take; others only pass it on.
Reading = Connection

# One writing transaction at a time in each catalog, of which one database may have several.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('feedsvc ' || current_schema()))")
# A machine that vanished while it wrote is noticed within seconds, and so is a server.
_KEEPALIVES = {"idle": 3, "interval": 1, "count": 3}
_UNANSWERED = 6000  # milliseconds, for what was sent, during which no keepalive is
_CONNECT = 3  # seconds to wait for a server that does not answer
_ASIDE = ".damaged-"
_NOT_UTF8 = "Could not decode to UTF-8"  # of texts, which we write as nothing else
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WRITABLE = "; make the file and its folder writable for this user"
_ROOM = "; nothing of this change is kept: make room on the disk"
_REMEDIES = {
    sqlite3.SQLITE_READONLY: _WRITABLE,
    sqlite3.SQLITE_CANTOPEN: _WRITABLE,
    sqlite3.SQLITE_FULL: _ROOM,
    sqlite3.SQLITE_IOERR: _ROOM,
}
_WRITER_CACHE = 64_000  # KiB of SQLite's pages; with fewer, a large sync writes most of them twice


class Catalog:
    """One catalog, by its URL. Safe to share between threads; open one in each process.

    Whatever goes wrong with the database raises CatalogError. As a context manager it is closed at
    the end of the block.
    """

    def __init__(self, url: str, known: Migrations | None = None) -> None:
        """Name a catalog; nothing is opened yet. known: the migrations, unless those of feedsvc."""
        self._migrations = known or Migrations()
        try:
            self._url = make_url(url)
        except (ValueError, ArgumentError):
            raise CatalogError(
                "the database's URL cannot be read; write it as sqlite:///path/to/catalog.db or "
                "postgresql://user@host/name"
            ) from None
        self._sqlite = self._url.get_backend_name() == "sqlite"
        self._name = self._url.render_as_string(hide_password=True)
        self._file: tuple[int, int] | None = None
        try:
            self._engine = self._connect()
        except (ImportError, NoSuchModuleError):
            raise CatalogError(
                f"{self._name} needs a driver; install it with `pip install 'feedsvc[postgres]'`"
            ) from None

        _CATALOGS.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.close()

    def create(self, fill: Callable[[Connection], None] = lambda _: None) -> None:
        """Make the tables of a catalog that has none; refuse a catalog of another schema.

        fill: called with new tables, before anybody sees them. Raises OutdatedError, NewerError,
        and DamagedError for a file that is no catalog any more.
        """
        self._make_folder()
        if self.check():
            return
        with self._transaction() as connection:
            found = migrations.number_within(connection)
            if found is None:
                schema.metadata.create_all(connection)
                self._migrations.stamp(connection)
                fill(connection)
            else:  # another process was faster
                self._migrations.check(connection, found)

    def check(self) -> bool:
        """Tell whether there is a catalog. Raises OutdatedError, NewerError for another schema."""
        self._follow()
        if self._sqlite and self._file is None:
            return False
        with self.reading() as connection:
            found = migrations.number(connection)
            if found is not None:
                self._migrations.check(connection, found)
        return found is not None

    def check_readable(self, connection: Reading) -> None:
        """Raise OutdatedError or NewerError unless this program can read the catalog.

        The connection must be at the beginning of its transaction.
        """
        self._migrations.check_readable(connection)

    def upgrade(self) -> tuple[str, str] | None:
        """Bring a catalog of an older program to the present schema, all of it or not at all.

        Only for who is elected to write. What an SQLite catalog was before is kept beside it.
        Return the schema numbers before and after, None where nothing was to do. Raises NewerError.
        """
        with self._transaction() as connection:
            found, newest = migrations.number_within(connection), self._migrations.newest
            if found is None or found == newest:
                return None
            if found > newest:
                self._migrations.check(connection, found)
            if self._sqlite:
                copies.make(str(self._url.database), newest)
            try:
                self._migrations.upgrade(connection, found)
            except (SQLAlchemyError, sqlite3.Error, FeedsvcError):
                raise
            except Exception as error:
                raise CatalogError(
                    f"{self._name}: cannot be upgraded from schema {found} to {newest}, and is as "
                    f"it was: {type(error).__name__}: {error}"
                ) from error
        if self._sqlite:
            copies.keep_only(str(self._url.database), newest)
        return found, newest

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A transaction that sees one revision, whatever is written meanwhile."""
        self._follow()
        if self._sqlite and self._file is None:  # to open it would make an empty one
            raise CatalogError(f"{self._name}: there is no catalog; `feedsvc sync` makes it")
        with self._told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one writing transaction: all of it is kept, or none. Waits for its turn.

        Raises OutdatedError, NewerError where the catalog was upgraded or restored meanwhile.
        """
        with self._transaction() as connection:
            found = migrations.number_within(connection)
            if found is not None:
                self._migrations.check(connection, found)
            yield connection

    @contextmanager
    def rehearsing(self) -> Iterator[Connection]:
        """A writing transaction of which nothing is kept."""
        with self.writing() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._writer() as connection, connection.begin():
            yield self._alone(connection)

    @contextmanager
    def _writer(self) -> Iterator[Connection]:
        self._follow()
        with self._told(), self._engine.connect() as connection:
            if self._sqlite:
                yield connection.execution_options(feedsvc_writing=True)
            else:  # what is read after the lock is had must be what the last writer left
                yield connection.execution_options(isolation_level="READ COMMITTED")

    def _alone(self, connection: Connection) -> Connection:
        """Return a connection within its transaction when no other writes any more."""
        if not self._sqlite:
            connection.execute(_LOCK)
        return connection

    def elect(self) -> Lease | None:
        """Return the right to write while sites are served, or None while another has it."""
        self._make_folder()
        with self._told():
            return election.elect(self._engine)

    def depose(self) -> None:
        """Have the process that is elected to write lose that right. See election.depose."""
        with self._told():
            try:
                election.depose(self._engine)
            except OSError as error:
                raise CatalogError(
                    f"{self._name}: cannot be taken over from an older feedsvc that writes it: "
                    f"{error.strerror}{_WRITABLE}"
                ) from error

    def verify(self) -> None:
        """Read the whole file of an embedded catalog. Raises DamagedError if it is damaged.

        A server sees to its own. Takes half a second for a hundred thousand articles.
        """
        if self._sqlite:
            with self.reading() as connection:
                found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if found != "ok":
                raise DamagedError(f"{self._name}: the catalog is damaged: {found}")

    def set_aside(self) -> str:
        """Rename an embedded catalog's file, so that it can be made anew; return its new name.

        What this or another process has open goes on to be that file until it looks again.
        """
        database = str(self._url.database)
        aside = f"{database}{_ASIDE}{len(self._set_aside()) + 1}"
        try:
            for suffix in ("-wal", "-shm", ""):
                if Path(database + suffix).exists():
                    Path(database + suffix).rename(aside + suffix)
        except OSError as error:
            message = f"{self._name}: is damaged, and cannot be renamed: {error.strerror}"
            raise CatalogError(message) from None
        self._engine.dispose()
        return aside

    @property
    def damaged(self) -> str | None:
        """The file that was set aside last, if one was."""
        return next(reversed(self._set_aside()), None)

    def _set_aside(self) -> list[str]:
        files: list[str] = []
        while (
            self._sqlite and Path(aside := f"{self._url.database}{_ASIDE}{len(files) + 1}").exists()
        ):
            files.append(aside)
        return files

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def forget_connections(self) -> None:
        """Drop all connections without closing them, after a fork."""
        self._engine.dispose(close=False)

    def _make_folder(self) -> None:
        if self._sqlite and self._url.database:
            try:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CatalogError(f"{self._name}: its folder cannot be made: {error}") from None

    def _follow(self) -> None:
        """Open the file anew if another lies at its path: it was set aside, or deleted."""
        if not self._sqlite:
            return
        file = None
        with suppress(FileNotFoundError):
            found = Path(str(self._url.database)).stat()
            file = (found.st_dev, found.st_ino)
        if self._file not in (None, file):
            self._engine.dispose()  # also of one that was deleted, and still takes what is written
        self._file = file

    def _connect(self) -> Engine:
        if not self._sqlite:
            engine = create_engine(
                self._url,
                isolation_level="REPEATABLE READ",
                pool_pre_ping=True,
                pool_size=10,
                connect_args={
                    "connect_timeout": _CONNECT,
                    "tcp_user_timeout": _UNANSWERED,
                    **{f"keepalives_{name}": value for name, value in _KEEPALIVES.items()},
                },
            )
            event.listen(engine, "connect", _prepare_postgresql)
            return engine
        engine = create_engine(self._url, connect_args={"timeout": 60})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:
            cause = getattr(error, "orig", None) or error
            reason, *_ = str(cause).strip().splitlines() or [type(cause).__name__]
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest says where
            said = f"{self._name}: the catalog cannot be used: {reason}"
            if code in _DAMAGE or _NOT_UTF8 in reason:
                raise DamagedError(said) from error
            raise CatalogError(f"{said}{_REMEDIES.get(code, '')}") from error
        except UnicodeDecodeError as error:
            raise DamagedError(f"{self._name}: the catalog is damaged: {error}") from error


_CATALOGS: WeakSet[Catalog] = WeakSet()


def _leave_connections_to_parent() -> None:
    """Have a forked process open its own; the parent goes on using those that there are."""
    for catalog in _CATALOGS:
        catalog.forget_connections()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_connections_to_parent)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    for name, value in _KEEPALIVES.items():
        connection.execute(f"SET tcp_keepalives_{name} = {value}")
    connection.execute(f"SET tcp_user_timeout = {_UNANSWERED}")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    connection.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("feedsvc_writing")
    if writing:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_WRITER_CACHE}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
