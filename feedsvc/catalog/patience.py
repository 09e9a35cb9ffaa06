"""Limits how long a process that answers requests waits for PostgreSQL.

If a network or a proxy stops forwarding without closing connections, libpq waits for minutes or
forever, and so do the requests that depend on it.
"""

import time
from collections.abc import Generator
from typing import Any

from sqlalchemy import Engine, event


def limit_waits(engine: Engine, seconds: float) -> None:
    """Treat a connection as lost if an answer takes longer; for engines that use psycopg."""

    def connect(dialect: Any, _record: object, args: Any, parameters: Any) -> Any:
        driver = dialect.loaded_dbapi

        class Patient(driver.Connection):  # type: ignore[misc, name-defined]
            def wait(self, generator: Any, *more: Any, **options: Any) -> Any:
                limited = _limited(generator, time.monotonic() + seconds)
                try:
                    return super().wait(limited, *more, **options)
                except TimeoutError:
                    self.close()
                    message = f"the server did not answer within {seconds:g} seconds"
                    raise driver.OperationalError(message) from None

        return Patient.connect(*args, **parameters)

    event.listen(engine, "do_connect", connect)


def _limited(generator: Generator[Any, Any, Any], end: float) -> Generator[Any, Any, Any]:
    """Delegate to a generator, but raise TimeoutError after an instant.

    It yields the events to wait for, and is sent those that are ready, or a false value each 0.1 s.
    """
    try:
        wanted = next(generator)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > end:
                raise TimeoutError
            wanted = generator.send(ready)
    except StopIteration as stopped:
        return stopped.value
