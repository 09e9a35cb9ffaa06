"""Waiting for commits of other processes (scale 7)."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, make_url, text

from feedsvc.catalog.changes import Changes, notify
from feedsvc.catalog.store import Catalog
from tests.conftest import MakeDatabase
from tests.desk import START, Desk
from tests.sites import article

LONG = 60.0  # seconds; only a failing test waits that long


@contextmanager
def waiting(changes: Changes, timeout: float = LONG) -> Iterator[Callable[[], None]]:
    """Wait in a thread; the yielded function returns when the wait has ended."""
    thread = threading.Thread(target=changes.wait, args=[timeout], daemon=True)
    thread.start()

    def end() -> None:
        thread.join(LONG / 2)
        assert not thread.is_alive(), "the wait did not end"

    yield end
    thread.join()


@pytest.fixture
def changes(make_postgresql: MakeDatabase) -> Iterator[Changes]:
    """`Changes` of a catalog in PostgreSQL that are already listening."""
    with Catalog(make_postgresql()) as catalog:
        changes = catalog.changes()
        changes.wait(0)
        yield changes
        changes.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_revision_or_a_new_release_time_ends_the_wait(desk: Desk) -> None:
    changes = desk.publication.changes()
    changes.wait(0)  # starts to listen
    desk.write("a.md", article("A"))
    with waiting(changes) as end:
        desk.sync()
        end()
    desk.write("due.md", article("Due", (START + timedelta(hours=9)).isoformat()))
    with waiting(changes) as end:
        assert desk.sync().published.revision is None
        end()
    desk.sync()  # nothing changed: no notification, which would take a lock of the server
    started = time.monotonic()
    changes.wait(0.2)
    assert time.monotonic() >= started + 0.2
    changes.close()


def test_a_notification_before_the_wait_is_not_missed(changes: Changes) -> None:
    engine = changes._engine
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_notify('feedsvc_' || current_schema(), '7')"))
    with waiting(changes) as end:
        end()


def test_a_lost_connection_ends_the_wait_and_the_next_one_listens_again(changes: Changes) -> None:
    """Notifications are not stored, so the waiting process must look at the catalog."""
    with waiting(changes) as end:
        server = create_engine(make_url(changes._engine.url), isolation_level="AUTOCOMMIT")
        with server.connect() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE "
                    "'LISTEN%' || current_schema() || '%' AND pid <> pg_backend_pid()"
                )
            )
        server.dispose()
        end()
    with waiting(changes) as end:  # connects, and the caller reads what was committed meanwhile
        end()
    test_a_notification_before_the_wait_is_not_missed(changes)


def test_an_unreachable_database_only_delays_until_the_timeout() -> None:
    engine = create_engine("postgresql+psycopg://127.0.0.1:1/none")
    started = time.monotonic()
    Changes(engine).wait(0.1)
    assert time.monotonic() >= started + 0.1


def test_a_schema_with_any_name_has_a_channel(make_postgresql: MakeDatabase) -> None:
    """Channel names are truncated to 63 bytes and may need quotes."""
    url = make_url(make_postgresql())
    engine = create_engine(url.difference_update_query(["options"]))
    name = 'Über "die" ' + "é" * 26
    quoted = engine.dialect.identifier_preparer.quote_identifier(name)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {quoted}"))
    engine.dispose()
    escaped = quoted.replace("\\", "\\\\").replace(" ", "\\ ")
    there = url.update_query_dict({"options": f"-c search_path={escaped}"})
    with Catalog(there.render_as_string(hide_password=False)) as catalog:
        changes = catalog.changes()
        changes.wait(0)
        with waiting(changes) as end, catalog._engine.begin() as connection:
            notify(connection, 1)
            connection.commit()
            end()
        changes.close()
