"""Loads and writes the article rows of one writing transaction."""

from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, select

from feedsvc.catalog import rows, schema
from feedsvc.catalog.state import COLUMNS, ArticleState
from feedsvc.catalog.tables import insert_many, update_many


def highest_number(connection: Connection) -> int:
    """Return the highest number assigned to an article so far."""
    return connection.scalar(select(func.max(schema.article.c.number))) or 0


def analyze(connection: Connection) -> None:
    """Update PostgreSQL's statistics of the articles, which autovacuum cannot see yet.

    Without them, it would scan the whole table to find a few articles.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {schema.article.name}")


def load_matching(connection: Connection, **values: Iterable[str]) -> list[ArticleState]:
    """Load articles, removed ones included, that have one of the values in one of the columns."""
    found: dict[int, Row[Any]] = {}
    for column, wanted in values.items():
        for some in rows.chunks(list(wanted)):
            matching = _SELECT.where(schema.article.c[column].in_(some))
            found |= {row.number: row for row in connection.execute(matching)}
    return [ArticleState.load(row) for row in found.values()]


def load_due(connection: Connection, now: int) -> list[ArticleState]:
    """Load the articles that were due to be released or to expire by now (epoch seconds)."""
    return _load(connection, schema.article.c.due <= now)


def load_visible(connection: Connection, excluded: Collection[int]) -> list[ArticleState]:
    """Load the visible articles, except those with the given numbers."""
    number, visible = schema.article.c.number, schema.article.c.visible
    found = connection.scalars(select(number).where(visible.is_(True)))
    numbers = [each for each in found if each not in excluded]
    return [state for some in rows.chunks(numbers) for state in _load(connection, number.in_(some))]


def write(
    connection: Connection,
    states: Sequence[ArticleState],
    texts: Iterable[rows.Texts],
    revision: int,
) -> None:
    """Write the articles that are new or changed.

    texts: of the files that were read; those of refused files are skipped. revision: the number of
    the revision being written.
    """
    by_path = {state.path: state for state in states if state.read}
    pairs = ((by_path[text.path], text) for text in texts if text.path in by_path)
    while batch := list(islice(pairs, 500)):
        changed = [pair for pair in batch if pair[0].differs]
        insert_many(connection, schema.article, _columns(changed, new=True))
        update_many(connection, schema.article, _columns(changed, new=False))
        _write_files(connection, changed)
    unread = [state.columns() for state in states if not state.read and state.differs]
    update_many(connection, schema.article, unread)
    _write_former_slugs(connection, states, revision)


_SELECT = select(*(schema.article.c[name] for name in COLUMNS))


def _load(connection: Connection, condition: ColumnElement[bool]) -> list[ArticleState]:
    found = connection.execute(_SELECT.where(condition))
    return [ArticleState.load(row) for row in found]


def _columns(pairs: list[tuple[ArticleState, rows.Texts]], new: bool) -> list[dict[str, Any]]:
    return [
        {**state.columns(), "link": text.link, "presentation": text.presentation}
        for state, text in pairs
        if new is (state.stored is None)
    ]


def _write_files(connection: Connection, pairs: list[tuple[ArticleState, rows.Texts]]) -> None:
    table = schema.shown_file
    for some in rows.chunks([state.number for state, _ in pairs if state.stored]):
        connection.execute(delete(table).where(table.c.article.in_(some)))
    new = [{"path": path, "article": state.number} for state, text in pairs for path in text.files]
    insert_many(connection, table, new)


def _write_former_slugs(
    connection: Connection, states: Sequence[ArticleState], revision: int
) -> None:
    table = schema.former_slug
    former = [
        {"slug": state.stored["slug"], "article": state.number, "revision": revision}
        for state in states
        if state.stored and state.released is not None and state.stored["slug"] != state.slug
    ]
    if former:  # an article may give up the same slug more than once
        same = (table.c.slug == bindparam("slug"), table.c.article == bindparam("article"))
        connection.execute(delete(table).where(*same), former)
        insert_many(connection, table, former)
