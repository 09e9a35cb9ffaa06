"""The rows of a query or preset, with the rows of related tables."""

import difflib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from feedsvc.database import columns
from feedsvc.database.columns import COLUMNS
from feedsvc.database.keys import key_of, mark
from feedsvc.database.query import Query, Values
from feedsvc.errors import FeedsvcError, Problem, Severity
from feedsvc.importers.item import Hints, Item, Origin, ParseResult

Refer = Callable[[Values], Iterable[Any]]
Make = Callable[[Origin, Values, Any, Hints], ParseResult]


@dataclass(frozen=True, slots=True)
class Rows:
    """How rows become items.

    watermark: the name of a column that grows whenever a row changes; '' for none. lists: queries
    for related rows by name, whose column `id` is the article's. references: queries by name for
    other rows that articles refer to, and functions that return the ids of these from a row.
    common: a query of rows that all articles need. make: converts a row, in which related rows are
    lists, and the common rows to an item. is_complete: whether the watermark grows with any change
    of an article. If not, changes are recognised by hashes of the rows.
    """

    query: Query
    watermark: str
    make: Make
    lists: Mapping[str, Query] = field(default_factory=dict)
    references: Mapping[str, tuple[Query, Refer]] = field(default_factory=dict)
    common: Query | None = None
    is_complete: bool = False

    def names(self, available: Sequence[str]) -> list[str]:
        """Return the columns that have to be read to list the rows."""
        if not self.is_complete:
            return ["*"]
        return [*dict.fromkeys(["id", self.watermark, *({"public"} & set(available))])]

    def complete(self, connection: Connection, rows: list[Values]) -> list[Values]:
        """Add the lists of related rows to rows that have all columns."""
        ids = [row["id"] for row in rows]
        for name, query in self.lists.items():
            related = defaultdict(list)
            for each in query.by_ids(connection, ids):
                related[key_of(each.pop("id"))].append(each)
            for row in rows:
                found = related[key_of(row["id"])]
                row[name] = sorted(found, key=_position)
        for name, (query, refer) in self.references.items():
            wanted = {row["id"]: set(refer(row)) for row in rows}
            every = sorted(set().union(*wanted.values()))
            known = {each["id"]: each for each in query.by_ids(connection, every)} if every else {}
            for row in rows:
                row[name] = [known[each] for each in sorted(wanted[row["id"]]) if each in known]
        return rows

    def fingerprint(self, row: Values, is_recent: Callable[[Any], bool]) -> str:
        """Return a text without spaces that changes with a row.

        A row may change twice within the resolution of a time, such as a second. So a recent
        watermark is marked, and the row is read again when it is no longer recent.
        """
        if self.is_complete:
            watermark = row[self.watermark]
            return mark(watermark) + ("?" if is_recent(watermark) else "")
        return digest(sorted(row.items()))


def _position(row: Values) -> tuple[bool, Any]:
    position = row.get("position")
    return position is not None, position


def plain(query: Query, watermark: str) -> Rows:
    """Return how the rows of a user's query become items."""
    return Rows(query, watermark, _item, is_complete=bool(watermark))


def _item(origin: Origin, row: Values, _common: object, hints: Hints) -> Item:
    return columns.item(origin, row, hints)


def check(name: str, found: Sequence[str], watermark: str) -> list[Problem]:
    """Return warnings about the columns of a query. Raises FeedsvcError if one is missing.

    name: of the source.
    """
    for needed in ("id", "published", *filter(None, [watermark])):
        if needed not in found:
            raise FeedsvcError(
                f"the query has no column `{needed}`, but {', '.join(found)}; add `... AS {needed}`"
            )
    if not {*columns.TEXTS, "title"} & set(found):
        raise FeedsvcError("the query has no text; add `... AS html`, `markdown` or `title`")
    warnings = []
    for unknown in sorted(set(found) - COLUMNS - {watermark}):
        close = difflib.get_close_matches(unknown, sorted(COLUMNS), 1, 0.6)
        hint = f"did you mean `{close[0]}`?" if close else "leave it out"
        message = f"has the column `{unknown}`, which articles do not have; {hint}"
        warnings.append(Problem(name, 0, "unknown-column", message, Severity.WARNING))
    return warnings


def digest(value: object) -> str:
    """Return a hash of the `repr` of a value."""
    text = repr(value).encode(errors="surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()
