"""The article rows of one writing transaction: loading what decides, writing what changed."""

import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from feedsvc.catalog import rows, schema
from feedsvc.catalog.state import COLUMNS, State

_IN_MEMORY = 32_000_000  # bytes; more go to a temporary file


class Spool:
    """Rows on their way from the files to the table.

    Who keeps a slug is only known when all files are read, and all articles may not fit into
    memory.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed on exit
        self._count = 0

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Put a row in."""
        pickle.dump(row, self._file, pickle.HIGHEST_PROTOCOL)
        self._count += 1

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - written by this process


def load_all(connection: Connection) -> list[State]:
    """Load every article, the removed ones too."""
    return _load(connection, True)


def load_due(connection: Connection, now: int) -> list[State]:
    """Load the articles whose visibility changes by itself by now (epoch seconds)."""
    return _load(connection, schema.article.c.due <= now)


def write(connection: Connection, states: Sequence[State], spool: Iterable[dict[str, Any]]) -> None:
    """Write what changed of articles.

    spool: the rows of files read; those that no state was taken from are passed over.
    """
    by_path = {state.path: state for state in states if state.read}
    batch = ((by_path[row["path"]], row) for row in spool if row["path"] in by_path)
    while some := list(islice(batch, 500)):
        new = [(_whole(state, row), row["files"]) for state, row in some if not state.stored]
        old = [(_whole(state, row), row["files"]) for state, row in some if _differs(state)]
        if new:
            connection.execute(insert(schema.article), [columns for columns, _ in new])
        if old:
            connection.execute(_UPDATE, [_keyed(columns) for columns, _ in old])
        _write_files(connection, [(columns["number"], files) for columns, files in new + old])
    left = [_keyed(state.columns()) for state in states if not state.read and _differs(state)]
    if left:
        connection.execute(_UPDATE, left)


def _load(connection: Connection, condition: Any) -> list[State]:
    query = select(*(schema.article.c[name] for name in COLUMNS)).where(condition)
    return [State.load(row._asdict()) for row in connection.execute(query)]


def _differs(state: State) -> bool:
    return state.stored is not None and state.columns() != state.stored


def _whole(state: State, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in _TEXTS} | state.columns()


def _keyed(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {**columns, "of_number": columns["number"]}


def _write_files(connection: Connection, articles: list[tuple[int, tuple[str, ...]]]) -> None:
    shown = schema.shown_file
    for some in rows.chunks([number for number, _ in articles]):
        connection.execute(delete(shown).where(shown.c.article.in_(some)))
    files = [{"path": path, "article": number} for number, paths in articles for path in paths]
    if files:
        connection.execute(insert(shown), files)


_TEXTS = tuple(name for name in schema.article.c.keys() if name not in COLUMNS)  # noqa: SIM118
_UPDATE = update(schema.article).where(schema.article.c.number == bindparam("of_number"))
