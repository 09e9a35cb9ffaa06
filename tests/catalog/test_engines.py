"""Connections to a catalog."""

import gc
import logging

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from feedsvc.catalog import engines
from tests.conftest import MakeDatabase


# psycopg warns about its cursor, which can no longer be closed on the server.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_connection_lost_while_reading_rows_logs_no_traceback(
    make_postgresql: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    url = make_url(make_postgresql())
    engine, other = engines.create(url), create_engine(url)
    with engine.connect() as connection, other.begin() as server:
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        streamed = connection.execution_options(stream_results=True, max_row_buffer=1)
        rows = streamed.execute(text("SELECT * FROM generate_series(1, 1000)"))
        next(rows)
        server.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        rows.close()
        with pytest.raises(OperationalError):
            connection.scalar(text("SELECT 1"))
    del rows, streamed
    gc.collect()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    for each in (engine, other):
        each.dispose()
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
