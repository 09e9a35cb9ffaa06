"""What was noted of each article when it was last read, so that only changed ones are read."""

from sqlalchemy import Connection, bindparam, delete, select, update

from feedsvc.catalog import rows, schema
from feedsvc.catalog.bulk import insert_many
from feedsvc.errors import Problem
from feedsvc.sources.site import SiteListing

# What may mend itself without leaving a trace in the file.
_PASSING = frozenset({"missing-file", "unreachable-source", "unreadable", "unresolved-link"})


class FileRows:
    """The file rows of one sync. What is noted of a file is kept until the file changes."""

    def __init__(self, connection: Connection, found: SiteListing) -> None:
        file = schema.file
        self._connection = connection
        self._found = found
        self._before = {
            path: (signature, problems)
            for path, signature, problems in connection.execute(
                select(file.c.path, file.c.signature, file.c.problems)
            )
        }
        self._noted: dict[str, tuple[str, tuple[Problem, ...]]] = {}
        self.vanished = [path for path in self._before if not found.holds(path)]

    def changed(self) -> list[str]:
        """Return the keys of the articles to read: those that may have changed."""
        return [
            key
            for key, fingerprint in self._found.fingerprints.items()
            if not fingerprint or self._before.get(key, ("",))[0] != fingerprint
        ]

    def note(self, path: str, problems: tuple[Problem, ...]) -> None:
        """Note that a file was read, and what was wrong with it."""
        passing = any(problem.code in _PASSING for problem in problems)
        signature = "" if passing else self._found.fingerprints[path]
        self._noted[path] = (signature, problems)

    def refuse(self, path: str, problem: Problem) -> None:
        """Note that a file cannot be taken for what others hold; it is read again next time."""
        _, problems = self._noted[path]
        self._noted[path] = ("", (*problems, problem))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that is wrong with articles now, in order of place."""
        known = [
            problem
            for path, (_, stored) in self._before.items()
            if path in self._found.fingerprints and path not in self._noted and stored != "[]"
            for problem in rows.load_problems(stored)
        ]
        noted = [problem for _, problems in self._noted.values() for problem in problems]
        return tuple(sorted((*known, *noted, *self._found.problems)))

    def write(self) -> None:
        """Keep what was noted."""
        file = schema.file
        new, old = [], []
        for path, (signature, problems) in self._noted.items():
            now = (signature, rows.dump_problems(problems))
            columns = {"signature": now[0], "problems": now[1]}
            if path not in self._before:
                new.append({"path": path, **columns})
            elif now != self._before[path]:
                old.append({"of_path": path, **columns})
        insert_many(self._connection, file, new)
        if old:
            self._connection.execute(update(file).where(file.c.path == bindparam("of_path")), old)
        for some in rows.chunks(self.vanished):
            self._connection.execute(delete(file).where(file.c.path.in_(some)))
