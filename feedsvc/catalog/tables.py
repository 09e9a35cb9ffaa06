"""Statements that work on any table, and the metadata of the catalog."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter, itemgetter, methodcaller
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, select
from sqlalchemy.sql.compiler import SQLCompiler

from feedsvc.catalog import schema

# Mappings or NamedTuples, whose keys or fields are the names of columns.
_Rows = Sequence[Mapping[str, Any]] | Sequence[tuple[Any, ...]]
_CHUNK = 10_000  # rows that are converted at once
# SQL, with the order of positional parameters; compiling it takes longer than writing a few rows.
_compiled: dict[tuple[object, ...], tuple[str, tuple[str, ...]]] = {}


def insert_many(connection: Connection, table: Table, rows: _Rows) -> None:
    """Insert rows that all have the same columns, at least two."""
    if rows:
        _execute_many(connection, _insert, table, rows)


def update_many(connection: Connection, table: Table, rows: _Rows) -> None:
    """Update rows by primary key. All have the same columns, those of the key included."""
    if rows:
        _execute_many(connection, _update, table, rows)


def _names(row: Any) -> tuple[str, ...]:
    return tuple(getattr(row, "_fields", row))


def _insert(table: Table, names: Sequence[str], dialect: Dialect) -> SQLCompiler:
    return table.insert().compile(dialect=dialect, column_keys=list(names))


def _update(table: Table, names: Sequence[str], dialect: Dialect) -> SQLCompiler:
    keys = [column.name for column in table.primary_key]
    statement = table.update().where(*(table.c[name] == bindparam(name) for name in keys))
    others = [name for name in names if name not in keys]
    return statement.compile(dialect=dialect, column_keys=others)


def _execute_many(
    connection: Connection,
    compile_: Callable[[Table, Sequence[str], Dialect], SQLCompiler],
    table: Table,
    rows: _Rows,
) -> None:
    """Execute a statement for each row; all values have types that the driver accepts unconverted.

    SQLAlchemy's own executemany copies every row into another dictionary, which costs more than
    the database does.
    """
    given = _names(rows[0])
    key = (compile_, table, given, connection.dialect.name)
    if key not in _compiled:
        compiled = compile_(table, given, connection.dialect)
        _compiled[key] = str(compiled), tuple(compiled.positiontup or ())
    sql, names = _compiled[key]
    are_tuples = isinstance(rows[0], tuple)
    convert: Callable[[Any], Any] = dict
    if names and are_tuples:
        convert = tuple if names == given else attrgetter(*names)
    elif names:
        convert = itemgetter(*names)
    elif are_tuples:
        convert = methodcaller("_asdict")
    for start in range(0, len(rows), _CHUNK):
        some = rows[start : start + _CHUNK]
        connection.exec_driver_sql(sql, list(map(convert, some)))


def get_metadata(connection: Connection, name: str) -> str | None:
    """Return a value of the metadata table, or None."""
    value: str | None = connection.scalar(_VALUE, {"of": name})
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


_VALUE = select(schema.metadata_table.c.value).where(
    schema.metadata_table.c.name == bindparam("of")
)
