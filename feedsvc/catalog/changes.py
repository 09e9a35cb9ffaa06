"""Waits for commits of other processes: on PostgreSQL for a notification, on SQLite by polling.

A notification is only a hint: callers also poll the catalog after a timeout and after a lost
connection, as notifications are not kept for sessions that do not listen.
"""

import time
from typing import Any

import sqlalchemy.exc
from sqlalchemy import Connection, Engine, text

POLL = 0.05  # seconds between polls of SQLite
_PAUSE = 0.05  # seconds after a connection was lost
# The name of a channel has at most 63 bytes, like the name of a schema.
_CHANNEL = "('feedsvc_' || current_schema())::name"
_NOTIFY = text(f"SELECT pg_notify({_CHANNEL}::text, :revision)")


def notify(connection: Connection, revision: int = 0) -> None:
    """Notify listeners when the transaction is committed; SQLite has no notifications.

    Call it once in a transaction: a commit with notifications takes a lock of the whole server.
    revision: of the transaction, 0 if it has none; only for people who listen.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY, {"revision": str(revision)})


class Changes:
    """Waits for changes of a catalog, in one thread, with a connection of its own.

    every: seconds between polls of SQLite, which has no notifications.
    """

    def __init__(self, engine: Engine, every: float = POLL) -> None:
        self._engine = engine
        self._every = every
        self._session: Any = None  # of the driver

    def wait(self, timeout: float) -> None:
        """Return when the catalog may have changed, after some seconds at most. Raises nothing."""
        if self._engine.dialect.name != "postgresql":
            time.sleep(min(timeout, self._every))
            return
        try:
            if self._session is None:
                self._session = self._listen()  # the caller reads earlier commits first
            else:
                list(self._session.notifies(timeout=timeout, stop_after=1))
        except (sqlalchemy.exc.SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error):
            time.sleep(_PAUSE if self._session else timeout)
            self.close()

    def __del__(self) -> None:  # waiting threads are never stopped
        self.close()

    def close(self) -> None:
        """Close the connection; the next call of `wait` opens another one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _listen(self) -> Any:
        pooled = self._engine.raw_connection()
        session: Any = pooled.driver_connection
        pooled.detach()  # never returned to the pool, where it would go on listening
        session.autocommit = True
        (channel,) = session.execute(f"SELECT {_CHANNEL}").fetchone()
        quoted = self._engine.dialect.identifier_preparer.quote_identifier(channel)
        session.execute(f"LISTEN {quoted}")
        return session
