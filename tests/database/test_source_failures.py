"""Mistakes and failures of databases withdraw nothing and are reported in one sentence."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feedsvc.database.connection import Database, parse_url
from feedsvc.errors import FeedsvcError, SettingsError
from tests.database.conftest import PASSWORD, MakeMariadb, OpenShelf
from tests.database.shelf import Shelf

WRONG = [
    ("SELECT title, html FROM article", "no column `id`, but title, html; add `... AS id`"),
    ("SELECT id, title, html FROM article", "no column `published`"),
    ("SELECT id, published FROM article", "the query has no text; add `... AS html`"),
    ("SELECT id, titel, published FROM article", "titel"),
    ("SELECT * FROM articel", "articel"),
    ("DELETE FROM article", "syntax"),
    ("SELECT 1) a; DELETE FROM article; SELECT * FROM (SELECT 1", ""),
]


def test_an_invalid_query_is_reported_in_one_sentence(shelf: Shelf) -> None:
    shelf.table().put(1)
    for query, message in WRONG:
        shelf.source = shelf.make(query=query)
        with pytest.raises(FeedsvcError) as caught:
            shelf.look()
        said = str(caught.value)
        assert message in said
        assert "\n" not in said
        assert PASSWORD not in said
    shelf.source = shelf.make()
    shelf.look()
    assert shelf.titles() == {"1": "T1"}


def test_a_misspelled_column_is_a_warning(sqlite: Shelf) -> None:
    sqlite.table(", categorys text").put(1)
    sqlite.look()
    assert sqlite.said() == [
        (
            "posts: warning: has the column `categorys`, which articles do not have; did you mean "
            "`categories`? [unknown-column]"
        )
    ]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite:///absent.db", "unable to open database file; check that it runs"),
        ("postgresql://ada:very-secret@127.0.0.1:9/x", "ada:***@127.0.0.1:9/x: "),
        ("mysql://ada:very-secret@127.0.0.1:9/x", "Can't connect to MySQL server"),
    ],
)
def test_an_unreachable_database_is_reported_in_one_sentence(
    open_shelf: OpenShelf, url: str, message: str
) -> None:
    with pytest.raises(FeedsvcError) as caught:
        open_shelf(url).source.listing()
    assert message in str(caught.value)
    assert PASSWORD not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_password_is_reported_without_the_password(
    make_mariadb: MakeMariadb, open_shelf: OpenShelf
) -> None:
    url = make_mariadb().replace(PASSWORD, "wrong-secret")
    with pytest.raises(FeedsvcError, match="Access denied for user 'tester'") as caught:
        open_shelf(url).source.listing()
    assert "wrong-secret" not in str(caught.value)


SIDE_EFFECTS = {
    "postgresql": ["CREATE SEQUENCE s", "SELECT nextval('s') AS id, 'x' AS title, 1 AS published"],
    "mysql": [
        "CREATE FUNCTION s() RETURNS int BEGIN INSERT INTO article (id) VALUES (99); RETURN 1; END",
        "SELECT s() AS id, 'x' AS title, 1 AS published",
    ],
}


def test_a_session_cannot_write(shelf: Shelf) -> None:
    shelf.table().put(1)
    kind = shelf.engine.dialect.name
    if kind == "sqlite":  # SQLite has no functions that write
        database = Database(parse_url(shelf.url, Path()), 10)
        with pytest.raises(FeedsvcError, match="readonly"), database.reading() as connection:
            connection.exec_driver_sql("DELETE FROM article")
        return
    create, query = SIDE_EFFECTS[kind]
    shelf.execute(create)
    shelf.source = shelf.make(query=query)
    with pytest.raises(FeedsvcError, match=r"(?i)read.?only"):
        shelf.look()


SLOW = {
    "postgresql": "SELECT pg_sleep(9)",
    "mysql": "SELECT SLEEP(9)",
    "sqlite": "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT 1 FROM n) SELECT max(i) FROM n",
}


def test_a_statement_that_takes_too_long_is_cancelled(shelf: Shelf) -> None:
    shelf.table()
    database = Database(parse_url(shelf.url, Path()), 0.05)
    query = SLOW[shelf.engine.dialect.name]
    said = r"a statement took more than 0.05 s: add an index, or"
    with (
        pytest.raises(FeedsvcError, match=said),
        database.reading() as connection,
        database.limited(connection),
    ):
        connection.exec_driver_sql(query)
    database.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of psycopg
def test_a_lost_connection_is_reopened(
    make_postgresql: Callable[[], str], open_shelf: OpenShelf
) -> None:
    shelf = open_shelf(make_postgresql()).table()
    shelf.put(1)
    shelf.look()
    shelf.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        "AND query LIKE '%articles%'"
    )
    shelf.put(2)
    shelf.look()
    assert set(shelf.titles()) == {"1", "2"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "x"}, "url is not that of a database; write it as mysql://user:password@host"),
        ({"url": "oracle9://a:very-secret@b/c"}, "oracle9://a:***@b/c is of an unknown kind"),
        ({"url": "sqlite://"}, "url names no file"),
        ({"url": "$NO_SUCH_VARIABLE"}, "url names $NO_SUCH_VARIABLE, which is not set"),
        ({"query": ""}, 'give either a query = "SELECT ..." or a preset'),
        ({"preset": "ghost"}, 'give either a query = "SELECT ..." or a preset'),
        ({"query": "", "preset": "drupal"}, "no preset 'drupal'; known are: ghost,"),
        ({"query": "", "preset": "ghost"}, 'add site = "https://..."'),
        ({"query": "", "preset": "wordpress", "prefix": "a;b"}, "prefix is a name"),
        ({"query": "", "preset": "wordpress", "types": ["a'b"]}, "not the name of a type"),
        ({"prefix": "wp_"}, "prefix and types belong to a preset"),
        ({"every": 0}, "every is a whole number from 1 to 86400"),
        ({"timezone": "Paris"}, "timezone is a time zone"),
        ({"querry": "x"}, "'querry' is not a setting here; did you mean query?"),
    ],
)
def test_invalid_options_are_rejected(sqlite: Shelf, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        sqlite.make(**options)
    assert message in str(caught.value)
    assert PASSWORD not in str(caught.value)
