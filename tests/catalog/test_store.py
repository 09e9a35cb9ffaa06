"""Opening a catalog, its errors, and transactions."""

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event, inspect
from sqlalchemy.exc import OperationalError

from feedsvc.catalog import browsing, queries, schema
from feedsvc.catalog.store import Catalog
from feedsvc.errors import CatalogError, NewerError
from feedsvc.model import FeedRef, Kind
from tests.desk import START, Desk
from tests.sites import article


def test_creating_twice_changes_nothing(desk: Desk) -> None:
    desk.write("a.md", article("A"))
    desk.sync()
    desk.catalog.create()
    assert desk.titles() == ["A"]


def test_an_empty_catalog_has_no_revision_and_no_feed(desk: Desk) -> None:
    number, instant = desk.publication.newest()
    assert (number, instant.timestamp()) == (0, 0)
    assert desk.publication.feeds() == []


def test_a_catalog_can_be_created_concurrently(database: str) -> None:
    catalogs = [Catalog(database) for _ in range(8)]
    failed: list[Exception] = []
    start = threading.Barrier(len(catalogs))

    def create(catalog: Catalog) -> None:
        start.wait()
        try:
            catalog.create()
        except CatalogError as error:
            failed.append(error)

    threads = [threading.Thread(target=create, args=(each,)) for each in catalogs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in catalogs:
        each.close()
    assert failed == []


def test_a_refused_catalog_is_not_changed(database: str, catalog: Catalog) -> None:
    with catalog.writing() as connection:
        connection.execute(schema.alembic_version.update().values(version_num="9999"))
        schema.shown_file.drop(connection)
    with pytest.raises(NewerError):
        catalog.create()
    engine = create_engine(database)
    assert "shown_file" not in inspect(engine).get_table_names()
    engine.dispose()


def test_a_missing_catalog_is_reported(database: str, tmp_path: Path) -> None:
    catalog = Catalog(database)
    with (
        pytest.raises(CatalogError, match=r"the catalog cannot be used: |there is no catalog"),
        catalog.reading() as connection,
    ):
        queries.newest(connection)
    catalog.close()
    assert not list(tmp_path.glob("catalog.db*"))  # reading does not create one


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "mysql://localhost/feeds",
        "nosuch+thing://localhost/feeds",
        "postgresql+psycopg://localhost:port/feeds",
        "postgresql+psycopg://[::1/feeds",
        "postgresql+psycopg://localhost:1/feeds",
        "postgresql+psycopg://localhost:1/feeds?nonsense=1",
        "postgresql+psycopg:///feeds?host=/nowhere",
        "postgresql+psycopg://me:hunter2@localhost:1/feeds",
        "sqlite:////proc/nowhere/catalog.db",
        "sqlite:////dev/null/catalog.db",
        "sqlite:////",
    ],
)
def test_an_unusable_url_is_a_catalog_error_without_the_password(url: str) -> None:
    with pytest.raises(CatalogError) as caught:
        Catalog(url).create()
    message = str(caught.value)
    assert "\n" not in message
    assert "hunter2" not in message
    assert "sqlalche.me" not in message
    assert "[SQL" not in message


def test_a_missing_driver_is_reported_with_the_remedy() -> None:
    with pytest.raises(CatalogError, match=r"pip install .*\[postgres\]"):
        Catalog("postgresql+pg8000://localhost/feeds")


@pytest.mark.parametrize(
    "content",
    [b"This is a letter to my aunt.\n" * 100, b"SQLite format 3\0" + b"\xff" * 4096],
    ids=["a letter", "a broken header"],
)
def test_a_file_that_is_not_a_catalog_is_reported_and_kept(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(content)
    catalog = Catalog(f"sqlite:///{path}")
    with pytest.raises(CatalogError, match=r"catalog\.db: the catalog cannot be used: "):
        catalog.create()
    with pytest.raises(CatalogError), catalog.reading() as connection:
        queries.newest(connection)
    catalog.close()
    assert path.read_bytes() == content


def test_a_corrupt_catalog_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    catalog = Catalog(f"sqlite:///{path}")
    catalog.create()
    catalog.close()
    pages = bytearray(path.read_bytes())
    pages[4096:] = b"\xaa" * (len(pages) - 4096)
    path.write_bytes(pages)
    catalog = Catalog(f"sqlite:///{path}")
    with pytest.raises(CatalogError), catalog.reading() as connection:
        queries.feeds(connection)
    catalog.close()


def test_an_error_without_a_message_is_reported_by_its_type(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="the catalog cannot be used: "), catalog.reading():
        raise OperationalError("SELECT 1", {}, sqlite3.OperationalError(""))


def test_other_exceptions_propagate_and_roll_back(catalog: Catalog) -> None:
    def fail() -> None:
        with catalog.writing() as connection:
            connection.execute(schema.revision.insert().values(number=1, instant=1, digest=""))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with catalog.reading() as connection:
        assert queries.newest(connection)[0] == 0


def test_the_folder_of_an_sqlite_catalog_is_created(tmp_path: Path) -> None:
    catalog = Catalog(f"sqlite:///{tmp_path}/a/b/catalog.db")
    catalog.create()
    catalog.close()
    assert (tmp_path / "a/b/catalog.db").exists()


def test_a_reading_transaction_sees_one_revision_during_writes(catalog: Catalog) -> None:
    with catalog.reading() as reading:
        assert queries.newest(reading)[0] == 0
        with catalog.writing() as writing:
            writing.execute(schema.revision.insert().values(number=1, instant=1, digest=""))
        assert queries.newest(reading)[0] == 0
    with catalog.reading() as reading:
        assert queries.newest(reading)[0] == 1


def test_a_writer_sees_the_commit_of_the_previous_writer(catalog: Catalog) -> None:
    """Even if it started to wait before that commit."""
    waiting = threading.Event()
    seen: list[int] = []

    def second() -> None:
        waiting.set()
        with catalog.writing() as connection:
            seen.append(queries.newest(connection)[0])

    thread = threading.Thread(target=second)
    with catalog.writing() as connection:
        thread.start()
        waiting.wait()
        thread.join(0.1)
        connection.execute(schema.revision.insert().values(number=1, instant=1, digest=""))
        assert seen == []
    thread.join()
    assert seen == [1]


FEED = queries.StoredFeed(1, FeedRef(Kind.ALL), "", 200, 50, 3, "", 1, START, "1.00000000")


@pytest.mark.parametrize(
    "query",
    [
        lambda connection: queries.feed(connection, FeedRef(Kind.ALL)),
        lambda connection: queries.current_entries(connection, 1, 0, 50),
        lambda connection: queries.current_entries(connection, 1, 1, 50),
        lambda connection: queries.archive(connection, FEED, 3),
        lambda connection: queries.held(connection, FEED, "a.00000000"),
        lambda connection: queries.articles(connection, [1, 2]),
        lambda connection: browsing.article(connection, "x"),
        lambda connection: browsing.was_visible(connection, "x"),
        lambda connection: browsing.is_shown(connection, "x"),
        queries.newest,
        queries.next_due,
    ],
)
def test_no_query_for_serving_scans_a_whole_table(
    tmp_path: Path, query: Callable[[Connection], object]
) -> None:
    """A feed with a million articles is read as fast as one with ten."""
    catalog = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    catalog.create()
    executed: list[tuple[str, Any]] = []
    with catalog.reading() as connection:
        event.listen(connection, "before_cursor_execute", lambda *each: executed.append(each[2:4]))
        query(connection)
        questions = [each for each in executed if each[0] != "BEGIN"]
        for statement, parameters in questions:
            explain = f"EXPLAIN QUERY PLAN {statement}"
            steps = [step[3] for step in connection.exec_driver_sql(explain, parameters)]
            first = "USING INDEX" if "LIMIT" in statement else "SEARCH"
            assert all("SEARCH" in step or first in step for step in steps), steps
    catalog.close()
    assert questions
