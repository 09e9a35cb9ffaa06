"""The file table: what the last read of each article found, so that only changed ones are read."""

import json
from collections.abc import Callable, Mapping

from sqlalchemy import Connection, delete, select

from feedsvc.catalog import rows, schema
from feedsvc.catalog.tables import insert_many, update_many
from feedsvc.errors import Problem
from feedsvc.sources.site import SiteListing

# Problems that may disappear while the file stays the same.
_TRANSIENT = frozenset({"missing-file", "unreachable-source", "unreadable", "unresolved-link"})


class FileRows:
    """The file rows of one sync. What is recorded of a file stays until the file changes.

    A signature consists of the fingerprint and, on a second line, the other files that the article
    depends on, with their states as JSON. state: of a file that an article uses, given its key.
    """

    def __init__(
        self, connection: Connection, listing: SiteListing, state: Callable[[str, str], str]
    ) -> None:
        file = schema.file.c
        self._connection = connection
        self._listing = listing
        self._state = state
        self._stored = {
            path: (signature, problems)
            for path, signature, problems in connection.execute(
                select(file.path, file.signature, file.problems)
            )
        }
        self._recorded: dict[str, tuple[str, tuple[Problem, ...]]] = {}
        self.vanished = [path for path in self._stored if not listing.holds(path)]

    def changed(self) -> list[str]:
        """Return the keys of the articles to read: those that may have changed."""
        return [
            key
            for key, fingerprint in self._listing.fingerprints.items()
            if not fingerprint or not self._is_current(key, fingerprint)
        ]

    def _is_current(self, key: str, fingerprint: str) -> bool:
        stored, _, uses = self._stored.get(key, ("",))[0].partition("\n")
        return stored == fingerprint and (
            not uses
            or all(self._state(key, path) == state for path, state in json.loads(uses).items())
        )

    def record(self, path: str, problems: tuple[Problem, ...], uses: Mapping[str, str]) -> None:
        """Record that a file was read, its problems, and the files it uses; see `Reading`."""
        transient = any(problem.code in _TRANSIENT for problem in problems)
        signature = "" if transient else self._listing.fingerprints[path]
        if signature and uses:
            signature = f"{signature}\n{json.dumps(dict(uses))}"
        self._recorded[path] = (signature, problems)

    def refuse(self, path: str, problem: Problem) -> None:
        """Record that a file conflicts with other articles; the next sync reads it again."""
        _, problems = self._recorded[path]
        self._recorded[path] = ("", (*problems, problem))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All current problems of articles, sorted by place."""
        stored = [
            problem
            for path, (_, problems) in self._stored.items()
            if path in self._listing.fingerprints
            and path not in self._recorded
            and problems != "[]"
            for problem in rows.load_problems(problems)
        ]
        recorded = [problem for _, problems in self._recorded.values() for problem in problems]
        return tuple(sorted((*stored, *recorded, *self._listing.problems)))

    def write(self) -> None:
        """Write what was recorded."""
        file = schema.file
        new, changed = [], []
        for path, (signature, problems) in self._recorded.items():
            values = (signature, rows.dump_problems(problems))
            row = {"path": path, "signature": values[0], "problems": values[1]}
            if path not in self._stored:
                new.append(row)
            elif values != self._stored[path]:
                changed.append(row)
        insert_many(self._connection, file, new)
        update_many(self._connection, file, changed)
        for some in rows.chunks(self.vanished):
            self._connection.execute(delete(file).where(file.c.path.in_(some)))
