"""Puts many rows into a table at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, of types that the driver takes as they are.

    SQLAlchemy's own way makes a dictionary of each row once more, which costs more than the
    database does.
    """
    if not rows:
        return
    statement = table.insert().compile(dialect=connection.dialect, column_keys=list(rows[0]))
    names = statement.positiontup
    values = [tuple(row[name] for name in names) for row in rows] if names else rows
    connection.exec_driver_sql(str(statement), values)
