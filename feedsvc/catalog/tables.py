"""Statements that work on any table, and the metadata of the catalog."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, select, update

from feedsvc.catalog import schema

_Rows = Sequence[Mapping[str, Any]]


def insert_many(connection: Connection, table: Table, rows: _Rows) -> None:
    """Insert rows that all have the same columns, of types that the driver accepts unconverted.

    SQLAlchemy's own executemany copies every row into another dictionary, which costs more than
    the database does.
    """
    if not rows:
        return
    statement = table.insert().compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = statement.positiontup
    values = [tuple(row[name] for name in names) for row in rows] if names else rows
    connection.exec_driver_sql(str(statement), values)


def update_many(connection: Connection, table: Table, rows: _Rows) -> None:
    """Update rows by primary key. All have the same columns, those of the key included."""
    if not rows:
        return
    keys = {column.name: f"of_{column.name}" for column in table.primary_key}
    conditions = [table.c[name] == bindparam(parameter) for name, parameter in keys.items()]
    parameters = [{keys.get(name, name): value for name, value in row.items()} for row in rows]
    connection.execute(update(table).where(*conditions), parameters)


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
