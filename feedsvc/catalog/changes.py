"""Waits for commits of other processes: on PostgreSQL for a notification, on SQLite for some time.

A notification says only that it is worth looking: whoever waits also looks when the time is over,
and after a connection was lost, as notifications are not kept for those who do not listen.
"""

import time
from typing import Any

import sqlalchemy.exc
from sqlalchemy import Connection, Engine, text

POLL = 0.05  # seconds between looks at SQLite
_PAUSE = 0.05  # seconds after a connection was lost
# The name of a channel has 63 bytes at most, as that of a schema.
_CHANNEL = "('feedsvc_' || current_schema())::name"
_NOTIFY = text(f"SELECT pg_notify({_CHANNEL}::text, :revision)")


def notify(connection: Connection, revision: int = 0) -> None:
    """Notify those who wait once the transaction is committed; SQLite has no notifications.

    Once in a transaction: a commit with notifications takes a lock of the whole server. revision:
    that of the transaction, 0 if it has none; it is only for people who listen.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_NOTIFY, {"revision": str(revision)})


class Changes:
    """Waits for changes of a catalog, in one thread, with a connection of its own.

    every: seconds between looks at SQLite, which notifies nobody.
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
                self._session = self._listen()  # what was committed before is read now
            else:
                list(self._session.notifies(timeout=timeout, stop_after=1))
        except (sqlalchemy.exc.SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error):
            time.sleep(_PAUSE if self._session else timeout)
            self.close()

    def __del__(self) -> None:  # threads that wait are not ended
        self.close()

    def close(self) -> None:
        """Close the connection; another call of `wait` opens another one."""
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
