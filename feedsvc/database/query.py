"""The statements that read the rows of a query, in chunks by keyset."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    column,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.types import NULLTYPE

from feedsvc.database.connection import Database
from feedsvc.database.keys import key_of

Values = dict[str, Any]

_ENDING = re.compile(r"(?:\s+|;[ \t]*(?:--[^\n]*)?|(?:^|\n)[ \t]*--[^\n]*)+\Z")
_UTC_COLUMN = 7  # TIMESTAMP in MySQL's protocol, unlike DATETIME
_ID: ColumnClause[Any] = column("id")


def as_table(query: str) -> Any:
    """Return a SELECT as a subquery, where no other statement is valid.

    It may end in a semicolon or comment, and contain `:` and `%`, which are not parameters.
    """
    bare = _ENDING.sub("", query).replace(":", r"\:")
    return text(f"({bare}\n) articles")


class Query:
    """A SELECT whose rows have a column `id`.

    watermark: the name of a column that grows whenever a row changes; '' without one.
    """

    def __init__(self, database: Database, query: str, watermark: str = "") -> None:
        self._database = database
        self._table = as_table(query)
        self._watermark: ColumnClause[Any] | None = column(watermark) if watermark else None

    def columns(self, connection: Connection) -> tuple[str, ...]:
        """Return the names of all columns. Raises SQLAlchemyError."""
        none = select(text("*")).select_from(self._table).where(text("1 = 0"))
        with self._database.limited(connection):
            return tuple(name.lower() for name in connection.execute(none).keys())  # noqa: SIM118

    def all(self, connection: Connection) -> list[Values]:
        """Return all rows. Raises SQLAlchemyError."""
        return self._values(connection, select(text("*")).select_from(self._table))

    def by_ids(self, connection: Connection, ids: Sequence[Any]) -> list[Values]:
        """Return the rows with these ids. Raises SQLAlchemyError."""
        wanted = bindparam("ids", list(ids), expanding=True, type_=NULLTYPE)
        statement = select(text("*")).select_from(self._table).where(_ID.in_(wanted))
        return self._values(connection, statement)

    def newest(self, connection: Connection) -> Any:
        """Return the greatest watermark; None without rows. Raises SQLAlchemyError."""
        statement = select(func.max(self._watermark)).select_from(self._table)
        with self._database.limited(connection):
            return connection.execute(statement).scalar()

    def has_null_id(self, connection: Connection) -> bool:
        """Return whether a row has no id. Raises SQLAlchemyError."""
        statement = select(_ID).select_from(self._table).where(_ID.is_(None)).limit(1)
        with self._database.limited(connection):
            return connection.execute(statement).first() is not None

    def chunks(
        self, connection: Connection, names: Iterable[str], size: int
    ) -> Iterator[list[Values]]:
        """Yield these columns of all rows with an id, in the order of the ids.

        names: `*` for all. The last rows of a chunk are read again with the next one, because a
        database may consider different ids equal, such as `a` and `A`.
        """
        statement = self._select(names).where(_ID.is_not(None)).order_by(_ID)
        yield from self._chunks(connection, statement, [_ID], ["id"], size)

    def changed(
        self, connection: Connection, names: Iterable[str], since: Any, size: int
    ) -> Iterator[list[Values]]:
        """Yield these columns of the rows whose watermark is not less than a value.

        since: None for all that have a watermark.
        """
        assert self._watermark is not None  # noqa: S101 - for mypy
        mark = self._watermark
        is_new = mark.is_not(None) if since is None else mark >= _value(since)
        statement = self._select(names).where(_ID.is_not(None), is_new)
        ordered = statement.order_by(mark, _ID)
        yield from self._chunks(connection, ordered, [mark, _ID], [mark.name, "id"], size)

    def _select(self, names: Iterable[str]) -> Select[Any]:
        wanted: list[Any] = [text("*") if name == "*" else column(name) for name in names]
        statement: Select[Any] = select(*wanted)
        return statement.select_from(self._table)

    def _chunks(
        self,
        connection: Connection,
        statement: Select[Any],
        order: Sequence[ColumnElement[Any]],
        names: Sequence[str],
        size: int,
    ) -> Iterator[list[Values]]:
        last: list[Any] | None = None
        known: Counter[tuple[type, str]] = Counter()
        while True:
            following = statement.where(_from(order, last)) if last else statement
            rows = self._values(connection, following.limit(size))
            read = Counter(map(_identity, rows))
            yield [row for row in rows if not _take(known, _identity(row))]
            if len(rows) < size:
                return
            end = [rows[-1][name] for name in names]
            if end == last:
                size *= 2  # more equal rows than fit into a chunk
            known = read
            last = end

    def _values(self, connection: Connection, statement: Any) -> list[Values]:
        with self._database.limited(connection):
            result = connection.execute(statement)
            exact = self._exact_columns(result)
            rows: Sequence[Row[Any]] = result.all()
        names = [name.lower() for name in result.keys()]  # noqa: SIM118 - not a mapping
        found = [dict(zip(names, row, strict=True)) for row in rows]
        for name in exact:
            for values in found:
                if isinstance(values[name], datetime):
                    values[name] = values[name].replace(tzinfo=UTC)
        return found

    def _exact_columns(self, result: Any) -> list[str]:
        """Return the MySQL columns that are instants but are read without a time zone."""
        if self._database.dialect not in ("mysql", "mariadb"):
            return []
        return [each[0].lower() for each in result.cursor.description if each[1] == _UTC_COLUMN]


def _from(order: Sequence[ColumnElement[Any]], last: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition for rows at or after a position."""
    (first, *rest), (value, *values) = order, last
    at_or_after: ColumnElement[bool] = first >= _value(value)
    if not rest:
        return at_or_after
    return and_(at_or_after, or_(first > _value(value), _from(rest, values)))


def _value(value: Any) -> Any:
    """Return a parameter without a cast: the database gives it the type of the column."""
    return bindparam(None, value, type_=NULLTYPE)


def _identity(row: Values) -> tuple[type, str]:
    return type(row["id"]), key_of(row["id"])


def _take(known: Counter[tuple[type, str]], identity: tuple[type, str]) -> bool:
    """Return whether a row was read before, once for each time that it was read."""
    known[identity] -= 1
    return known[identity] >= 0
