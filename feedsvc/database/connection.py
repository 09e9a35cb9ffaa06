"""Read-only connections to another program's database, with a time limit for each statement.

All errors are raised as FeedsvcErrors, whose messages never contain the password.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool, QueuePool

from feedsvc.errors import FeedsvcError, SettingsError
from feedsvc.extras import how_to_install

# The drivers that the extras install, for URLs that name none.
_DRIVERS = {"postgresql": "psycopg", "mysql": "pymysql", "mariadb": "pymysql"}
_EXTRAS = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql"}
_CONNECT = 10  # seconds
_RECYCLE = 600  # seconds; servers close connections that are idle for hours
_SQLITE_STEPS = 10_000  # virtual machine instructions between checks of the time
_LONGEST = 300  # characters of a driver's message
# Errors of statements that took too long: PostgreSQL (SQLSTATE), MariaDB, MySQL, SQLite.
_TIMEOUTS = {"57014", 1969, 3024, "interrupted"}


def parse_url(url: str, site: Path) -> URL:
    """Return a URL with a driver, and with an absolute path for SQLite. Raises SettingsError."""
    try:
        parsed = make_url(url)
    except (ValueError, ArgumentError):
        raise SettingsError(
            "url is not that of a database; write it as mysql://user:password@host/name, "
            "postgresql://user:password@host/name or sqlite:///path/to/file.db"
        ) from None
    if parsed.drivername in _DRIVERS:
        return parsed.set(drivername=f"{parsed.drivername}+{_DRIVERS[parsed.drivername]}")
    if parsed.drivername == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise SettingsError("url names no file; write it as sqlite:///path/to/file.db")
        return parsed.set(database=str(site / parsed.database))
    return parsed


class Database:
    """A database at a URL. timeout: of each statement, in seconds."""

    def __init__(self, url: URL, timeout: float) -> None:
        """Create the engine without connecting. Raises SettingsError if there is no driver."""
        self.dialect = url.get_backend_name()
        self._url = url
        self._name = url.render_as_string(hide_password=True)
        self._timeout = timeout
        try:
            self._engine = _engine(url, self.dialect)
        except ImportError as error:
            extra = _EXTRAS.get(self.dialect)
            remedy = how_to_install(extra, error) if extra else f"its package ({error})"
            raise SettingsError(f"{self._name} needs a driver; install {remedy}") from None
        except (NoSuchModuleError, ArgumentError):
            raise SettingsError(
                f"{self._name} is of an unknown kind; install the SQLAlchemy dialect for it, or "
                "correct the url"
            ) from None
        event.listen(self._engine, "connect", self._prepare)

    def __getstate__(self) -> tuple[URL, float]:
        """Return the arguments only: other processes open connections of their own."""
        return self._url, self._timeout

    def __setstate__(self, state: tuple[URL, float]) -> None:
        Database.__init__(self, *state)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection on which nothing is ever committed. Raises FeedsvcError."""
        try:
            connection = self._engine.connect()
        except (SQLAlchemyError, OSError, RuntimeError) as error:
            remedy = "check that it runs, and the url with user and password"
            raise self._error(error, remedy) from None
        try:
            yield connection
        except SQLAlchemyError as error:
            raise self._error(error, self._remedy(error)) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _prepare(self, connection: Any, _record: object) -> None:
        """Make a new session read-only, with a time limit for statements, and set its zone to UTC.

        Other databases are protected only by the form of the statements: the user's query is
        embedded where only a SELECT is valid.
        """
        if self.dialect == "sqlite":
            connection.execute("PRAGMA query_only = ON")
            # Invalid bytes are kept as surrogates, and reported with their column.
            connection.text_factory = lambda text: text.decode(errors="surrogateescape")
            return
        cursor = connection.cursor()
        for statement in self._session(connection):
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    def _session(self, connection: Any) -> list[str]:
        if self.dialect == "postgresql":
            return [
                "SET default_transaction_read_only = on",
                f"SET statement_timeout = {round(self._timeout * 1000)}",
                "SET TimeZone = 'UTC'",
            ]
        if self.dialect in ("mysql", "mariadb"):
            # A URL of either dialect may lead to either server.
            cursor = connection.cursor()
            cursor.execute("SELECT version()")
            is_mariadb = "MariaDB" in str(cursor.fetchone()[0])
            limit = (
                f"max_statement_time = {self._timeout}"
                if is_mariadb
                else f"max_execution_time = {round(self._timeout * 1000)}"
            )
            return [
                "SET SESSION TRANSACTION READ ONLY",
                f"SET SESSION {limit}",
                "SET SESSION time_zone = '+00:00'",
            ]
        return []

    @contextmanager
    def limited(self, connection: Connection) -> Iterator[None]:
        """Limit the time of one statement where the database itself cannot: in SQLite."""
        if self.dialect != "sqlite":
            yield
            return
        end = time.monotonic() + self._timeout
        raw: Any = connection.connection.driver_connection
        raw.set_progress_handler(lambda: time.monotonic() > end, _SQLITE_STEPS)
        try:
            yield
        finally:
            raw.set_progress_handler(None, 0)

    def _remedy(self, error: SQLAlchemyError) -> str:
        cause: Any = getattr(error, "orig", None) or error
        codes = {getattr(cause, "sqlstate", None), *cause.args[:1]}
        if codes & _TIMEOUTS:
            return f"a statement took more than {self._timeout} s: add an index, or raise timeout"
        if getattr(error, "connection_invalidated", False):
            return "the connection was lost; another one is opened"
        return "correct the query, or the rights of the user"

    def _error(self, error: Exception, remedy: str) -> FeedsvcError:
        cause = getattr(error, "orig", None) or error
        arguments = [each for each in cause.args if isinstance(each, str)]
        lines = (arguments[-1] if arguments else str(cause)).strip().splitlines()
        reason = (lines[0] if lines else type(cause).__name__)[:_LONGEST]
        password = self._url.password
        if password:
            reason = reason.replace(str(password), "***")
        return FeedsvcError(f"{self._name}: {reason}; {remedy}")


def _engine(url: URL, dialect: str) -> Engine:
    if dialect == "sqlite":
        # A file may be replaced while the site is served, so it is opened each time.
        path = f"file:{quote(str(url.database))}"
        query = {"mode": "ro", **url.query, "uri": "true"}
        return create_engine(url.set(database=path, query=query), poolclass=NullPool)
    more: dict[str, Any] = {}
    if dialect in ("postgresql", "mysql", "mariadb"):
        more["connect_args"] = {"connect_timeout": _CONNECT}
    return create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1,
        pool_pre_ping=True,
        pool_recycle=_RECYCLE,
        **more,
    )
