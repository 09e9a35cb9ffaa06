"""The file table: results of the last read of each article, so that only changed ones are read."""

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, collate, delete, or_, select, true

from feedsvc.catalog import rows, schema
from feedsvc.catalog.tables import insert_many, update_many
from feedsvc.errors import Problem
from feedsvc.sources.site import SiteListing

# Problems that may disappear while the file stays the same.
_TRANSIENT = frozenset({"missing-file", "unreachable-source", "unreadable", "unresolved-link"})
_ROWS = 10_000  # that are fetched or written at once
_AGAIN = "!"  # prefix of the signature of a file that the next sync reads again
_NONE = "[]"  # no problems


class _FileRow(NamedTuple):
    """A row of schema.file."""

    path: str
    signature: str
    problems: str


class FileRows:
    """The file rows of one sync. The row of a file stays valid until the file changes.

    After a partial listing, only the rows that it may affect are loaded, with those of files that
    have problems or must be read again. Rows of unchanged files without problems are not kept in
    memory. A signature consists of the fingerprint and, on a second line, the states of the other
    files that the article depends on, as JSON. state: returns the current state of such a file,
    given the key of the article and the path.
    """

    def __init__(
        self, connection: Connection, listing: SiteListing, state: Callable[[str, str], str]
    ) -> None:
        self._connection = connection
        self._listing = listing
        self._state = state
        self._stored: dict[str, tuple[str, str]] = {}
        self._current: set[str] = set()  # paths of the files that have not changed
        self._load()
        self._new: list[_FileRow] = []
        self._changed: list[_FileRow] = []
        self._found: dict[str, tuple[Problem, ...]] = {}  # problems of files recorded, by path
        self.count = 0  # of files that were read
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
        return again + [key for key in fingerprints if key not in self._current]

    def _is_current(self, key: str, signature: str) -> bool:
        """Return whether a file is unchanged since it was read; never without a fingerprint."""
        stored, _, uses = signature.partition("\n")
        if not stored or stored != self._listing.fingerprints.get(key):
            return False
        return not uses or self._has_same_files(key, uses)

    def _has_same_files(self, key: str, uses: str) -> bool:
        """Return whether the files that an article uses have their stored states."""
        states = json.loads(uses) if uses else {}
        return all(self._state(key, path) == state for path, state in states.items())

    def record(self, path: str, problems: tuple[Problem, ...], uses: Mapping[str, str]) -> None:
        """Record that a file was read, its problems, and the files it uses; see `Reading`.

        Each file is recorded or kept once.
        """
        signature = self._listing.fingerprints.get(path)
        if signature is None:  # read again, though not in a partial listing
            signature = self._stored[path][0].removeprefix(_AGAIN).partition("\n")[0]
        if signature and uses:
            signature = f"{signature}\n{json.dumps(dict(uses))}"
        if any(problem.code in _TRANSIENT for problem in problems):
            signature = _AGAIN + signature
        self.count += 1
        self._put(path, signature, problems)

    def refuse(self, conflicts: Mapping[str, Problem]) -> None:
        """Record files, by path, that conflict with other articles; the next sync reads them again.

        The files must have been recorded before.
        """
        self._flush()
        file = schema.file.c
        for some in rows.chunks(list(conflicts)):
            query = select(file.path, file.signature).where(file.path.in_(some))
            for path, signature in self._connection.execute(query).all():
                self._stored[path] = (signature, "")
                problems = (*self._found.get(path, ()), conflicts[path])
                self._put(path, _AGAIN + signature.removeprefix(_AGAIN), problems)

    def _put(self, path: str, signature: str, problems: tuple[Problem, ...]) -> None:
        """Queue the row of a file for writing."""
        row = _FileRow(path, signature, rows.dump_problems(problems) if problems else _NONE)
        if problems:
            self._found[path] = problems
        before = self._stored.pop(path, None)
        if before is None and path not in self._current:
            self._new.append(row)
        elif before != row[1:]:
            self._changed.append(row)
        if len(self._new) + len(self._changed) >= _ROWS:
            self._flush()

    def may_be_copy(self, key: str) -> bool:
        """Return whether a fingerprint differs only in the part that depends on the machine."""
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
        """Record that a file is unchanged since it was read, although its fingerprint differs."""
        signature, problems = self._stored[key]
        _, line, uses = signature.partition("\n")
        signature = self._listing.fingerprints[key] + line + uses
        self._put(key, signature, rows.load_problems(problems))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All current problems of articles, sorted by location."""
        stored = [
            problem
            for path, (_, problems) in self._stored.items()
            if problems != _NONE and self._listing.lists(path)
            for problem in rows.load_problems(problems)
        ]
        found = [problem for problems in self._found.values() for problem in problems]
        return tuple(sorted((*stored, *found, *self._listing.problems)))

    def write(self) -> None:
        """Write the recorded rows, and delete those of files that have vanished."""
        self._flush()
        file = schema.file
        for some in rows.chunks(self.vanished):
            self._connection.execute(delete(file).where(file.c.path.in_(some)))

    def _flush(self) -> None:
        insert_many(self._connection, schema.file, self._new)
        update_many(self._connection, schema.file, self._changed)
        self._new, self._changed = [], []

    def _load(self) -> None:
        """Load the relevant rows."""
        listing, path = self._listing, schema.file.c.path
        if not listing.partial:
            self._select(true())
            return
        self._select(or_(schema.file.c.problems != _NONE, schema.file.c.signature == ""))
        for some in rows.chunks([*listing.fingerprints, *listing.absent]):
            self._select(path.in_(some))
        # In byte order, each of these ranges consists of the paths below a folder.
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
                self._current.add(path)
            if not is_current or problems != _NONE:
                self._stored[path] = (signature, problems)
