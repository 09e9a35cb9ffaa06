"""Make a large SQLite catalog from a small one by copying its articles.

    python -m benchmarks.multiply CATALOG FACTOR

Writing and reading a million files takes much longer than measuring their catalog. Copies have
different paths, slugs, ids and texts, and were published some seconds before the original, so that
feeds and archives of the catalog have realistic sizes. From the tenth copy on, texts are short, as
they are only shown in archives.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from feedsvc.catalog import schema

_LIMIT = 50  # unarchived entries of a feed
_APART = 37  # seconds between an article and its next copy
# The columns that differ in a copy; the others are as in the original.
_ARTICLE = {
    "number": "number + :highest * copied",
    "path": "'copies/' || copied || '/' || path",
    "slug": "slug || '-' || copied",
    "id": "id || '-' || copied",
    "link": "link || '-' || copied",
    "published": f"published - {_APART} * copied",
    "text_hash": "printf('%032x', number + :highest * copied)",
}
_SHORT = "json_set(presentation, '$.html', '<p>A copy.</p>')"
_FILE = {"path": "'copies/' || copied || '/' || path"}
_COPY = """
    WITH RECURSIVE copy(copied) AS (
        SELECT 1 UNION ALL SELECT copied + 1 FROM copy WHERE copied < :copies
    )
"""


def multiply(catalog: Path, factor: int) -> None:
    """Add `factor - 1` copies of each article. The catalog must not be open elsewhere."""
    with closing(sqlite3.connect(catalog)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        (highest,) = connection.execute("SELECT max(number) FROM article").fetchone()
        values = {"highest": highest, "copies": factor - 1}
        with _without_indexes(connection):
            _copy(connection, "file", _FILE, values)
            connection.execute(
                "CREATE TEMP TABLE short (of INTEGER PRIMARY KEY, text TEXT NOT NULL)"
            )
            connection.execute(f"INSERT INTO short SELECT number, {_SHORT} FROM article")
            short = "(SELECT text FROM short WHERE of = original.number)"
            presentation = f"iif(copied < 10, presentation, {short})"
            _copy(connection, "article", _ARTICLE | {"presentation": presentation}, values)
            connection.execute("DROP TABLE short")
            _place(connection, values)
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")


def _copy(
    connection: sqlite3.Connection, table: str, changed: dict[str, str], values: dict[str, int]
) -> None:
    columns = [column.name for column in schema.metadata.tables[table].columns]
    wanted = ", ".join(changed.get(name, name) for name in columns)
    names = ", ".join(columns)
    connection.execute(
        f"INSERT INTO {table} ({names}) {_COPY} SELECT {wanted} FROM copy, {table} AS original",
        values,
    )


def _place(connection: sqlite3.Connection, values: dict[str, int]) -> None:
    """Put the copies into the feeds, and all articles into archives again."""
    connection.execute(
        f"""CREATE TEMP TABLE placed AS
        WITH every AS ({_COPY}
            SELECT article, feed, published, slug FROM feed_row
            UNION ALL
            SELECT article + :highest * copied, feed, published - {_APART} * copied,
                slug || '-' || copied FROM copy, feed_row)
        SELECT *, row_number() OVER (PARTITION BY feed ORDER BY published, slug) AS place,
            count(*) OVER (PARTITION BY feed) AS entries FROM every""",
        values,
    )
    connection.execute("DELETE FROM feed_row")
    connection.execute(
        f"""INSERT INTO feed_row
            (article, feed, revision, gone, withdrawn, archive, published, slug)
        SELECT article, feed, 1, 0, 0,
            CASE WHEN place <= (entries - 1) / {_LIMIT} * {_LIMIT}
            THEN (place - 1) / {_LIMIT} + 1 END,
            published, slug FROM placed ORDER BY article, feed"""
    )
    connection.execute("DELETE FROM archive")
    connection.execute(
        "INSERT INTO archive SELECT DISTINCT feed, archive, 1 FROM feed_row WHERE archive > 0"
    )
    connection.execute(
        f"""UPDATE feed SET entries = found.entries, archives = (found.entries - 1) / {_LIMIT},
            unarchived = (found.entries - 1) % {_LIMIT} + 1
        FROM (SELECT DISTINCT feed, entries FROM placed) AS found WHERE feed = number"""
    )
    connection.execute("DROP TABLE placed")


@contextmanager
def _without_indexes(connection: sqlite3.Connection) -> Iterator[None]:
    """Drop all indexes, and create them again at the end, which is faster than keeping them."""
    found = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}")
    yield
    for _, definition in found:
        connection.execute(definition)


if __name__ == "__main__":
    multiply(Path(sys.argv[1]), int(sys.argv[2]))
