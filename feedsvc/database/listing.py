"""Collects the rows of a query as a listing of articles, without access to the database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feedsvc.database import columns
from feedsvc.database.keys import Keys, decoded
from feedsvc.database.query import Values
from feedsvc.database.rows import Rows
from feedsvc.errors import ArticleError, Problem, Severity
from feedsvc.sources.protocol import Listing


@dataclass
class Lister:
    """The rows of one query for changes.

    is_recent: whether a row may change again with the same watermark. hidden: the keys of rows that
    are not public. refused: problems of rows, by key. general: problems of all rows.
    is_missing_id: whether a row has no id. unmarked: the number of rows without a watermark.
    """

    name: str
    rows: Rows
    keys: Keys
    is_recent: Callable[[Any], bool]
    fingerprints: dict[str, str] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    refused: dict[str, Problem] = field(default_factory=dict)
    general: list[Problem] = field(default_factory=list)
    is_missing_id: bool = False
    unmarked: int = 0

    def add(self, rows: Iterable[Values]) -> None:
        """Add rows. A mistake in one is a Problem, and its article stays as it is."""
        for row in rows:
            if row["id"] in ("", b"", None):
                self.is_missing_id = True
                continue
            key = self.keys.add(row["id"])
            if key in self.fingerprints or key in self.refused:
                message = "has more than one row, perhaps because of a join; return one for each id"
                self._refuse(key, "repeated-row", message)
                continue
            try:
                if not columns.is_public(row):
                    self.hidden.append(key)
                    continue
            except ArticleError as error:
                self._refuse(key, error.code, error.message)
                continue
            self.fingerprints[key] = self.rows.fingerprint(row, self.is_recent)
            if self.rows.watermark and row[self.rows.watermark] is None:
                self.unmarked += 1

    def update(self, later: "Lister") -> None:
        """Replace the problems of rows that were read again later."""
        seen = later.fingerprints.keys() | set(later.hidden)
        self.refused = {key: each for key, each in self.refused.items() if key not in seen}
        self.refused |= later.refused

    def listing(self) -> Listing:
        """Return all rows as a Listing."""
        return Listing(self.fingerprints, self._problems(), tuple(self.refused))

    def partial(self, fingerprints: Mapping[str, str], absent: Sequence[str]) -> Listing:
        """Return a Listing of later changes, with all problems."""
        refused = tuple(self.refused)
        return Listing(fingerprints, self._problems(), refused, partial=True, absent=tuple(absent))

    def _refuse(self, key: str, code: str, message: str) -> None:
        self.fingerprints.pop(key, None)
        self.refused.setdefault(key, Problem(place(self.name, key), 0, code, message))

    def _problems(self) -> tuple[Problem, ...]:
        found = [*self.refused.values(), *self.general]
        if self.is_missing_id:
            message = "has a row without an id, which is left out; give every row an id of its own"
            found.append(Problem(self.name, 0, "no-id", message))
        if self.unmarked:
            message = (
                f"has {self.unmarked} rows whose watermark is NULL, so their changes are not "
                f"noticed; write COALESCE({self.rows.watermark}, ...)"
            )
            found.append(Problem(self.name, 0, "no-watermark", message, Severity.WARNING))
        return tuple(found)


def place(name: str, key: str) -> str:
    """Return a row as shown in Problems: `posts:17`."""
    return f"{name}:{decoded(key)[:200]}"
