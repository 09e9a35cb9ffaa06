"""Statements that work on any table, and the metadata of the catalog."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, itemgetter, methodcaller
from typing import Any

from sqlalchemy import Connection, Insert, Table, Update, bindparam, select

from feedsvc.catalog import schema

# Mappings or NamedTuples, by the names of columns.
_Rows = Sequence[Mapping[str, Any]] | Sequence[tuple[Any, ...]]
_CHUNK = 10_000  # rows that are converted at once


def insert_many(connection: Connection, table: Table, rows: _Rows) -> None:
    """Insert rows that all have the same columns, at least two."""
    if rows:
        _execute_many(connection, table.insert(), _names(rows[0]), rows)


def update_many(connection: Connection, table: Table, rows: _Rows) -> None:
    """Update rows by primary key. All have the same columns, those of the key included."""
    if rows:
        keys = [column.name for column in table.primary_key]
        same = [table.c[name] == bindparam(name) for name in keys]
        others = [name for name in _names(rows[0]) if name not in keys]
        _execute_many(connection, table.update().where(*same), others, rows)


def _names(row: Any) -> list[str]:
    return list(getattr(row, "_fields", row))


def _execute_many(
    connection: Connection, statement: Insert | Update, columns: list[str], rows: _Rows
) -> None:
    """Set these columns; the values of all rows have types that the driver accepts unconverted.

    SQLAlchemy's own executemany copies every row into another dictionary, which costs more than
    the database does.
    """
    compiled = statement.compile(dialect=connection.dialect, column_keys=columns)
    names = compiled.positiontup
    are_tuples = isinstance(rows[0], tuple)
    convert: Callable[[Any], Any] = dict
    if names and are_tuples:
        convert = tuple if names == _names(rows[0]) else attrgetter(*names)
    elif names:
        convert = itemgetter(*names)
    elif are_tuples:
        convert = methodcaller("_asdict")
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        connection.exec_driver_sql(str(compiled), list(map(convert, some)))


def get_metadata(connection: Connection, name: str) -> str | None:
    """Return a value of the metadata table, or None."""
    table = schema.metadata_table.c
    value: str | None = connection.scalar(select(table.value).where(table.name == name))
    return value


def set_metadata(connection: Connection, name: str, value: str) -> str | None:
    """Store a value in the metadata table, and return the previous one."""
    previous = get_metadata(connection, name)
    table = schema.metadata_table
    if previous is None:
        connection.execute(table.insert().values(name=name, value=value))
    elif previous != value:
        connection.execute(table.update().where(table.c.name == name).values(value=value))
    return previous
