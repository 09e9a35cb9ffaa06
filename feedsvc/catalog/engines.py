"""Connects to a catalog: configures SQLAlchemy, the driver and each session."""

import logging
import os
from typing import Any
from weakref import WeakSet

from sqlalchemy import URL, Connection, Engine, create_engine, event

WRITING = "feedsvc_writing"  # execution option that marks writing transactions on SQLite
# Let both sides detect within seconds that the other machine is gone. The timeout, in milliseconds,
# is for unacknowledged data: no keepalives are sent while there is any.
_KEEPALIVES = {"keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3}
_TIMEOUT = {"tcp_user_timeout": 6000}
_CONNECT = 3  # seconds
# SQLAlchemy logs a traceback when it discards a lost connection; we log the loss ourselves.
_LOG = "feedsvc"
logging.getLogger(f"sqlalchemy.pool.impl.QueuePool.{_LOG}").setLevel(logging.CRITICAL)
_WRITER_CACHE = 48_000  # KiB; with SQLite's default, a large sync writes most pages twice


def create(url: URL) -> Engine:
    """Return the engine of a catalog; it connects lazily. Raises ImportError, NoSuchModuleError."""
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 60})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        _ENGINES.add(engine)
        return engine
    engine = create_engine(
        url,
        isolation_level="REPEATABLE READ",
        pool_pre_ping=True,
        pool_size=10,
        pool_logging_name=_LOG,
        connect_args={"connect_timeout": _CONNECT, **_KEEPALIVES, **_TIMEOUT},
    )
    event.listen(engine, "connect", _prepare_postgresql)
    _ENGINES.add(engine)
    return engine


_ENGINES: WeakSet[Engine] = WeakSet()


def _leave_connections_to_parent() -> None:
    """Make a forked process open its own connections; the parent keeps using the existing ones."""
    for engine in _ENGINES:
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_connections_to_parent)


def _prepare_postgresql(connection: Any, _record: object) -> None:
    keepalives = {f"tcp_{name}": value for name, value in _KEEPALIVES.items()}
    for name, value in {**keepalives, **_TIMEOUT}.items():
        connection.execute(f"SET {name} = {value}")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # no implicit transactions by the driver
    connection.execute("PRAGMA journal_mode = WAL")  # readers never wait for the writer
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING)
    if writing:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_WRITER_CACHE}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
