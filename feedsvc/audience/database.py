"""Opens the statistics: an SQLite file or a PostgreSQL database."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, case, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from feedsvc.audience import schema
from feedsvc.audience.names import Names
from feedsvc.audience.records import Record, decode
from feedsvc.errors import FeedsvcError
from feedsvc.extras import how_to_install

_WAIT = 5  # seconds to wait for another process's transaction
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('feedsvc audience ' || current_schema()))"
_TIMEOUTS = {"connect_timeout": 3, "tcp_user_timeout": 6000}


class StatisticsError(FeedsvcError):
    """The statistics cannot be read or written."""


class Database:
    """The statistics at an SQLAlchemy URL. Thread-safe; connects on first use.

    A context manager that closes it on exit. Database errors are raised as StatisticsError.
    place: the URL without its password, for messages.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._url = make_url(url)
        self._sqlite = self._url.get_backend_name() == "sqlite"
        # Only the dialect that is needed: PostgreSQL's takes 0.2 s to import.
        dialect = "sqlite" if self._sqlite else "postgresql"
        self._insert: Any = import_module(f"sqlalchemy.dialects.{dialect}").insert
        self.place = self._url.render_as_string(hide_password=True)
        self.names = Names()
        self._engine: Engine | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def decoded(self, connection: Connection, data: bytes) -> Record:
        """Return a stored record."""
        try:
            try:
                return decode(data, self.names.texts.__getitem__)
            except KeyError:
                self.names.load(connection)
                return decode(data, self.names.texts.__getitem__)
        except (ValueError, KeyError, TypeError) as error:
            raise StatisticsError(
                f"{self.place}: the statistics are damaged: {error}; move the file away to start "
                "again"
            ) from None

    def put(
        self, connection: Connection, table: Any, rows: Sequence[Mapping[str, Any]], *key: str
    ) -> None:
        """Insert rows, or replace those with the same key. `seen` never decreases."""
        if rows:
            statement = self._insert(table)
            new = statement.excluded
            others = {each: new[each] for each in rows[0] if each not in key}
            if "seen" in others:
                later = case((new.seen > table.c.seen, new.seen), else_=table.c.seen)
                others["seen"] = later
            if others:
                statement = statement.on_conflict_do_update(index_elements=key, set_=others)
            else:
                statement = statement.on_conflict_do_nothing()
            connection.execute(statement, rows)

    def close(self) -> None:
        """Close all connections; the next use opens another."""
        engine, self._engine = self._engine, None
        if engine:
            engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Begin a read transaction."""
        with self._errors(), self._connected().connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Begin a write transaction after any other has ended."""
        try:
            with self._errors(), self._begin(self._connected()) as connection:
                yield connection
        except BaseException:
            self.names.clear()  # added names were rolled back
            raise

    @contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        with (
            engine.connect().execution_options(feedsvc_writing=True) as connection,
            connection.begin(),
        ):
            if not self._sqlite:
                connection.exec_driver_sql(_LOCK)
            yield connection

    def _connected(self) -> Engine:
        engine = self._engine
        if engine is None:
            engine = self._connect()
            try:
                with self._begin(engine) as connection:
                    self._upgrade(connection)
            except BaseException:
                engine.dispose()
                raise
            self.names.clear()  # it may be a different file now
            self._engine = engine
        return engine

    def _upgrade(self, connection: Connection) -> None:
        found = schema.number(connection)
        if found > len(schema.MIGRATIONS):
            raise StatisticsError(
                f"{self.place}: the statistics are of a newer feedsvc; update this one, or name "
                "another database in [statistics]"
            )
        if found < len(schema.MIGRATIONS):
            schema.upgrade(connection, found)

    def _connect(self) -> Engine:
        if self._sqlite:
            Path(str(self._url.database)).parent.mkdir(parents=True, exist_ok=True)
            engine = create_engine(self._url, connect_args={"timeout": _WAIT})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        try:
            return create_engine(
                self._url,
                isolation_level="READ COMMITTED",
                pool_pre_ping=True,
                pool_size=2,
                connect_args=_TIMEOUTS,
            )
        except ImportError as error:
            command = how_to_install("postgres", error)
            raise StatisticsError(
                f"{self.place} needs a driver; install it with {command}"
            ) from None

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except StatisticsError:
            self.close()  # the file may be moved away before the next use
            raise
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            cause = getattr(error, "orig", None) or error
            if type(cause) is sqlite3.DatabaseError:  # damaged; other errors, such as a lock, pass
                self.close()
            reason = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
            raise StatisticsError(
                f"{self.place}: the statistics cannot be used: {reason}"
            ) from error


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # no implicit transactions by the driver
    connection.execute("PRAGMA page_size = 16384")  # of a new file; records are a few KB each
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA secure_delete = ON")  # overwrites deleted data, such as salts


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get("feedsvc_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
