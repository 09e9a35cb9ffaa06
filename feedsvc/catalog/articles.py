"""The article rows of one writing transaction: loading what decides, writing what changed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from feedsvc.catalog import rows, schema
from feedsvc.catalog.bulk import insert_many
from feedsvc.catalog.state import COLUMNS, State


def newest(connection: Connection) -> int:
    """Return the highest number given to an article so far."""
    return connection.scalar(select(func.max(schema.article.c.number))) or 0


def load_named(connection: Connection, **names: Iterable[str]) -> list[State]:
    """Load the articles that have any of these values in any of these columns, removed ones too."""
    found: dict[int, State] = {}
    for column, values in names.items():
        for some in rows.chunks(list(values)):
            condition = schema.article.c[column].in_(some)
            found |= {state.number: state for state in _load(connection, condition)}
    return list(found.values())


def load_due(connection: Connection, now: int) -> list[State]:
    """Load the articles whose visibility changes by itself by now (epoch seconds)."""
    return _load(connection, schema.article.c.due <= now)


def load_visible(connection: Connection, but: Collection[int]) -> list[State]:
    """Load the articles that are visible, but for those of some numbers."""
    table = schema.article
    found = connection.scalars(select(table.c.number).where(table.c.visible.is_(True)))
    others = [number for number in found if number not in but]
    return [
        state
        for some in rows.chunks(others)
        for state in _load(connection, table.c.number.in_(some))
    ]


def write(
    connection: Connection,
    states: Sequence[State],
    spool: Iterable[dict[str, Any]],
    revision: int,
) -> None:
    """Write what changed of articles.

    spool: the rows of files read; those that no state was taken from are passed over. revision:
    the one being made.
    """
    by_path = {state.path: state for state in states if state.read}
    batch = ((by_path[row["path"]], row) for row in spool if row["path"] in by_path)
    while some := list(islice(batch, 500)):
        new = [(_whole(state, row), row["files"]) for state, row in some if not state.stored]
        old = [(_whole(state, row), row["files"]) for state, row in some if _differs(state)]
        insert_many(connection, schema.article, [columns for columns, _ in new])
        if old:
            connection.execute(_UPDATE, [_keyed(columns) for columns, _ in old])
        _write_files(connection, [(columns["number"], files) for columns, files in new + old])
    left = [_keyed(state.columns()) for state in states if not state.read and _differs(state)]
    if left:
        connection.execute(_UPDATE, left)
    _write_former_slugs(connection, states, revision)


def _load(connection: Connection, condition: Any) -> list[State]:
    query = select(*(schema.article.c[name] for name in COLUMNS)).where(condition)
    return [State.load(row._asdict()) for row in connection.execute(query)]


def _differs(state: State) -> bool:
    return state.stored is not None and state.columns() != state.stored


def _whole(state: State, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in TEXTS} | state.columns()


def _keyed(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {**columns, "of_number": columns["number"]}


def _write_files(connection: Connection, articles: list[tuple[int, tuple[str, ...]]]) -> None:
    shown = schema.shown_file
    for some in rows.chunks([number for number, _ in articles]):
        connection.execute(delete(shown).where(shown.c.article.in_(some)))
    files = [{"path": path, "article": number} for number, paths in articles for path in paths]
    insert_many(connection, shown, files)


def _write_former_slugs(connection: Connection, states: Sequence[State], revision: int) -> None:
    former = schema.former_slug
    given_up = [
        {"slug": state.stored["slug"], "article": state.number, "revision": revision}
        for state in states
        if state.stored and state.released is not None and state.stored["slug"] != state.slug
    ]
    if given_up:  # maybe not for the first time
        again = (former.c.slug == bindparam("slug"), former.c.article == bindparam("article"))
        connection.execute(delete(former).where(*again), given_up)
        insert_many(connection, former, given_up)


TEXTS = tuple(name for name in schema.article.c.keys() if name not in COLUMNS)  # noqa: SIM118
_UPDATE = update(schema.article).where(schema.article.c.number == bindparam("of_number"))
