"""Collects the rows of a query as a listing of articles. Knows no database."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from feedsvc.database import columns
from feedsvc.database.keys import Keys, shown
from feedsvc.database.query import Values
from feedsvc.database.rows import Rows
from feedsvc.errors import ArticleError, Problem, Severity
from feedsvc.sources.protocol import Listing


@dataclass
class Lister:
    """The rows of one look. hidden: the keys of rows that are not public."""

    name: str
    rows: Rows
    keys: Keys
    fingerprints: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    _without_watermark: int = 0
    _without_id: bool = False

    def add(self, rows: Iterable[Values]) -> None:
        """Add rows. A mistake in one is a Problem, and its article stays as it is."""
        for row in rows:
            if row["id"] in ("", b"", None):
                self._without_id = True
                continue
            key = self.keys.add(row["id"])
            if key in self.fingerprints or key in self.unseen:
                message = "has more than one row, perhaps because of a join; return one for each id"
                self._refuse(key, "repeated-row", message)
                continue
            try:
                if columns.is_public(row):
                    self.fingerprints[key] = self.rows.fingerprint(row)
                else:
                    self.hidden.append(key)
            except ArticleError as error:
                self._refuse(key, error.code, error.message)
            if self.rows.watermark and row[self.rows.watermark] is None:
                self._without_watermark += 1

    def listing(self, *, partial: bool = False) -> Listing:
        """Return what was added as a Listing."""
        absent = tuple(self.hidden) if partial else ()
        problems = (*self.problems, *self._general())
        return Listing(self.fingerprints, problems, tuple(self.unseen), partial, absent)

    def note_missing_id(self) -> None:
        """Report that there are rows without an id."""
        self._without_id = True

    def _refuse(self, key: str, code: str, message: str) -> None:
        self.fingerprints.pop(key, None)
        if key not in self.unseen:
            self.unseen.append(key)
            self.problems.append(Problem(place(self.name, key), 0, code, message))

    def _general(self) -> Iterable[Problem]:
        if self._without_id:
            message = "has a row without an id, which is left out; give every row an id of its own"
            yield Problem(self.name, 0, "no-id", message)
        if self._without_watermark:
            message = (
                f"has {self._without_watermark} rows whose watermark is NULL, so their changes "
                f"are not noticed; write COALESCE({self.rows.watermark}, ...)"
            )
            yield Problem(self.name, 0, "no-watermark", message, Severity.WARNING)


def place(name: str, key: str) -> str:
    """Return a row as shown in Problems: `posts:17`."""
    return f"{name}:{shown(key)[:200]}"
