"""Opens the catalog and hands out transactions; knows no query."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from feedsvc.catalog import schema
from feedsvc.errors import CatalogError

# What the functions of queries.py take; others only pass it on.
Reading = Connection

# Any number will do, as long as every writer on a PostgreSQL server asks for the same one.
_WRITER_LOCK = {"key": 0x66656564}
_CONNECT = 3  # seconds to wait for a server that does not answer
_WRITER_CACHE = 64_000  # KiB of SQLite's pages; with fewer, a large sync writes most of them twice


class Catalog:
    """One catalog, by its URL. Safe to share between threads; open one in each process.

    Whatever goes wrong with the database raises CatalogError.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = make_url(url)
        except (ValueError, ArgumentError):
            raise CatalogError(
                "the database's URL cannot be read; write it as sqlite:///path/to/catalog.db or "
                "postgresql://user@host/name"
            ) from None
        self._sqlite = self._url.get_backend_name() == "sqlite"
        self._name = self._url.render_as_string(hide_password=True)
        try:
            self._engine = self._connect()
        except (ImportError, NoSuchModuleError):
            raise CatalogError(
                f"{self._name} needs a driver; install it with `pip install 'feedsvc[postgres]'`"
            ) from None

    def create(self) -> None:
        """Make the tables where they are missing; refuse a catalog of another version."""
        if self._sqlite and self._url.database:
            try:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise CatalogError(f"{self._name}: its folder cannot be made: {error}") from None
        with self.writing() as connection:
            schema.metadata.create_all(connection)
            made_by = schema.made_by
            found = connection.scalar(select(made_by.c.value).where(made_by.c.name == "schema"))
            if found is None:
                connection.execute(made_by.insert().values(name="schema", value=schema.VERSION))
            elif found != schema.VERSION:
                raise CatalogError(
                    f"{self._name} was made by another version of feedsvc (schema {found}, not "
                    f"{schema.VERSION}); delete it, and the next sync makes it anew"
                )

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """A transaction that sees one revision, whatever is written meanwhile."""
        with self._told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one writing transaction: all of it is kept, or none. Waits for its turn."""
        with self._told(), self._engine.connect() as connection:
            if self._sqlite:
                connection = connection.execution_options(feedsvc_writing=True)
            else:  # what is read after the lock is had must be what the last writer left
                connection = connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                if not self._sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), _WRITER_LOCK)
                yield connection

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def _connect(self) -> Engine:
        if not self._sqlite:
            return create_engine(
                self._url,
                isolation_level="REPEATABLE READ",
                pool_pre_ping=True,
                pool_size=10,
                connect_args={"connect_timeout": _CONNECT},
            )
        engine = create_engine(self._url, connect_args={"timeout": 60})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            reason, *_ = str(cause).strip().splitlines() or [type(cause).__name__]
            raise CatalogError(f"{self._name}: the catalog cannot be used: {reason}") from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself
    connection.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("feedsvc_writing")
    if writing:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_WRITER_CACHE}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
