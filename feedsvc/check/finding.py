"""Gathers what is wrong with one document as Problems, and keeps their number bounded."""

from collections import Counter
from typing import NamedTuple

from feedsvc.errors import Problem, Severity

_EACH = 10  # findings of one code in one document; a hostile feed could have millions
_LONGEST = 80  # characters of a value that a message shows


class Fault(NamedTuple):
    """What is wrong with one value. message: a predicate, as in "is empty; write something"."""

    code: str
    message: str
    severity: Severity = Severity.ERROR

    @classmethod
    def warning(cls, code: str, message: str) -> "Fault":
        """Return a fault that leaves the document readable."""
        return cls(code, message, Severity.WARNING)

    @classmethod
    def note(cls, code: str, message: str) -> "Fault":
        """Return what may be intended."""
        return cls(code, message, Severity.NOTE)

    def of(self, subject: str) -> "Fault":
        """Return the fault with a message that begins with its subject."""
        return self._replace(message=f"{subject} {self.message}")


class Findings:
    """The findings about one document.

    path: as a Problem names it. lines: how many the document has; no finding lies beyond them.
    """

    def __init__(self, path: str, lines: int = 0) -> None:
        self.path = path
        self._lines = lines
        self._found: list[tuple[int, Fault]] = []
        self._counts: Counter[str] = Counter()

    def add(self, fault: Fault, line: int) -> None:
        """Add one finding. line: from 1; 0 where no line applies."""
        self._counts[fault.code] += 1
        if self._counts[fault.code] <= _EACH:
            self._found.append((max(0, min(line, self._lines)), fault))

    def error(self, code: str, line: int, message: str) -> None:
        """Add what makes the document invalid, or keeps it from being read."""
        self.add(Fault(code, message), line)

    def warning(self, code: str, line: int, message: str) -> None:
        """Add what leaves the document readable."""
        self.add(Fault.warning(code, message), line)

    def note(self, code: str, line: int, message: str) -> None:
        """Add what may be intended."""
        self.add(Fault.note(code, message), line)

    def problems(self) -> list[Problem]:
        """Return the findings as Problems, in the order of their lines."""
        last = {fault.code: index for index, (_, fault) in enumerate(self._found)}
        problems = []
        for index, (line, (code, message, severity)) in enumerate(self._found):
            more = self._counts[code] - _EACH
            if more > 0 and last[code] == index:
                message = f"{message} (and {more} more like it)"
            problems.append(Problem(self.path, line, code, message, severity))
        return sorted(problems)


def count_lines(body: bytes) -> int:
    """Return how many lines a document has."""
    return body.count(b"\n") + 1


def shown(value: str) -> str:
    """Return a value in quotes as a message shows it: on one line, not too long."""
    text = " ".join(value.split())
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
