"""The file table: what the last read of each article found, so that only changed ones are read."""

import json
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import ColumnElement, Connection, and_, collate, delete, or_, select, true

from feedsvc.catalog import rows, schema
from feedsvc.catalog.tables import insert_many, update_many
from feedsvc.errors import Problem
from feedsvc.sources.site import SiteListing

# Problems that may disappear while the file stays the same.
_TRANSIENT = frozenset({"missing-file", "unreachable-source", "unreadable", "unresolved-link"})
_ROWS = 10_000  # that are in memory at once
_AGAIN = "!"  # before the signature of a file that every sync reads again


class FileRows:
    """The file rows of one sync. What is recorded of a file stays until the file changes.

    After a partial listing, only the rows that it may affect are loaded, with those of files that
    have problems or must be read again. Of unchanged files, rows without problems are not kept in
    memory. A signature consists of the fingerprint and, on a second
    line, the other files that the article depends on, with their states as JSON. state: of such a
    file now, given the key of the article.
    """

    def __init__(
        self, connection: Connection, listing: SiteListing, state: Callable[[str, str], str]
    ) -> None:
        self._connection = connection
        self._listing = listing
        self._state = state
        self._stored: dict[str, tuple[str, str]] = {}
        self._changed = set(listing.fingerprints)
        self._load()
        self._recorded: dict[str, tuple[str, tuple[Problem, ...]]] = {}
        self.vanished = [path for path in self._stored if not listing.holds(path)]

    def changed(self) -> list[str]:
        """Return the keys of the articles to read: those that may have changed."""
        fingerprints = self._listing.fingerprints
        again = [
            path
            for path, (signature, _) in self._stored.items()
            if (not signature or signature[0] == _AGAIN)
            and path not in fingerprints
            and self._listing.lists(path)
        ]
        return again + [
            key for key, stamp in fingerprints.items() if not stamp or key in self._changed
        ]

    def _is_current(self, key: str, signature: str) -> bool:
        stored, _, uses = signature.partition("\n")
        return stored == self._listing.fingerprints.get(key) and self._has_same_files(key, uses)

    def _has_same_files(self, key: str, uses: str) -> bool:
        """Return whether the files that an article uses have their stored states."""
        states = json.loads(uses) if uses else {}
        return all(self._state(key, path) == state for path, state in states.items())

    def record(self, path: str, problems: tuple[Problem, ...], uses: Mapping[str, str]) -> None:
        """Record that a file was read, its problems, and the files it uses; see `Reading`."""
        signature = self._listing.fingerprints.get(path)
        if signature is None:  # read again after a partial listing
            signature = self._stored[path][0].removeprefix(_AGAIN).partition("\n")[0]
        if signature and uses:
            signature = f"{signature}\n{json.dumps(dict(uses))}"
        if any(problem.code in _TRANSIENT for problem in problems):
            signature = _AGAIN + signature
        self._recorded[path] = (signature, problems)

    def refuse(self, path: str, problem: Problem) -> None:
        """Record that a file conflicts with other articles; the next sync reads it again."""
        signature, problems = self._recorded[path]
        signature = _AGAIN + signature.removeprefix(_AGAIN)
        self._recorded[path] = (signature, (*problems, problem))

    def may_be_copy(self, key: str) -> bool:
        """Return whether a fingerprint differs from the stored one only by what is local."""
        signature, fingerprint = (
            self._stored.get(key, ("",))[0],
            self._listing.fingerprints.get(key),
        )
        stored, _, uses = signature.partition("\n")
        return (
            bool(fingerprint and stored)
            and not stored.startswith(_AGAIN)
            and stored.rpartition(" ")[0] == str(fingerprint).rpartition(" ")[0] != ""
            and self._has_same_files(key, uses)
        )

    def keep(self, key: str) -> None:
        """Record that a file is as it was read, although its fingerprint is another one."""
        signature, problems = self._stored[key]
        _, line, uses = signature.partition("\n")
        signature = self._listing.fingerprints[key] + line + uses
        self._recorded[key] = (signature, rows.load_problems(problems))

    def has_read(self, paths: Iterable[str]) -> bool:
        """Return whether all of these files were recorded."""
        return all(path in self._recorded for path in paths)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All current problems of articles, sorted by place."""
        stored = [
            problem
            for path, (_, problems) in self._stored.items()
            if problems != "[]" and path not in self._recorded and self._listing.lists(path)
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
            before = self._stored.get(path)
            if before is None and path in self._changed:
                new.append(row)
            elif values != before:
                changed.append(row)
        insert_many(self._connection, file, new)
        update_many(self._connection, file, changed)
        for some in rows.chunks(self.vanished):
            self._connection.execute(delete(file).where(file.c.path.in_(some)))

    def _load(self) -> None:
        """Load the rows that matter, one query after the other."""
        listing, path = self._listing, schema.file.c.path
        if not listing.partial:
            self._select(true())
            return
        self._select(or_(schema.file.c.problems != "[]", schema.file.c.signature == ""))
        for some in rows.chunks([*listing.fingerprints, *listing.absent]):
            self._select(path.in_(some))
        # The order of characters by which these are all paths below a folder.
        plain = path if self._connection.dialect.name == "sqlite" else collate(path, "C")
        for some in rows.chunks(listing.absent, 100):
            self._select(or_(*(and_(plain > f"{each}/", plain < f"{each}0") for each in some)))

    def _select(self, condition: ColumnElement[bool]) -> None:
        file = schema.file.c
        query = select(file.path, file.signature, file.problems).where(condition)
        streamed = query.execution_options(yield_per=_ROWS)
        for path, signature, problems in self._connection.execute(streamed):
            is_current = self._is_current(path, signature)
            if is_current:
                self._changed.discard(path)
            if not is_current or problems != "[]":
                self._stored[path] = (signature, problems)
