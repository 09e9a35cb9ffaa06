"""Collects the faults of one document as Problems, and limits their number."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

from feedsvc.errors import Problem, Severity

_EACH = 10  # findings of one code in one document, since a hostile feed could have millions
_MAX_QUOTED = 80  # characters of a value in a message


class Fault(NamedTuple):
    """A fault of one value. message: a predicate, such as "is empty; add a value"."""

    code: str
    message: str
    severity: Severity = Severity.ERROR

    @classmethod
    def warning(cls, code: str, message: str) -> "Fault":
        """Return a fault that leaves the document readable."""
        return cls(code, message, Severity.WARNING)

    @classmethod
    def note(cls, code: str, message: str) -> "Fault":
        """Return a fault that may be intended."""
        return cls(code, message, Severity.NOTE)


Check = Callable[[str], Fault | None]


def unless(is_valid: Callable[[str], object], fault: Fault) -> Check:
    """Return a check that finds a fault in texts that are not valid."""
    return lambda text: None if is_valid(text) else fault


class Findings:
    """The findings about one document.

    path: as in Problems. lines: how many the document has; no finding lies beyond them.

    `at` of all methods is a line, from 1, or 0 if none applies; or an object with a `sourceline`,
    such as an lxml element.
    """

    def __init__(self, path: str, lines: int = 0) -> None:
        self.path = path
        self._lines = lines
        self._found: list[tuple[int, Fault]] = []
        self._counts: Counter[str] = Counter()

    def add(self, fault: Fault | None, at: object, subject: str = "") -> None:
        """Add a fault, if there is one. subject: the beginning of the message."""
        if fault is None:
            return
        self._counts[fault.code] += 1
        if self._counts[fault.code] <= _EACH:
            message = f"{subject} {fault.message}" if subject else fault.message
            line = max(0, min(line_of(at), self._lines))
            self._found.append((line, fault._replace(message=message)))

    def add_all(self, faults: Iterable[Fault], at: object, subject: str) -> None:
        """Add several faults, as `add` does."""
        for fault in faults:
            self.add(fault, at, subject)

    def error(self, code: str, at: object, message: str) -> None:
        """Add something that makes the document invalid or unreadable."""
        self.add(Fault(code, message), at)

    def warning(self, code: str, at: object, message: str) -> None:
        """Add something that leaves the document readable."""
        self.add(Fault.warning(code, message), at)

    def note(self, code: str, at: object, message: str) -> None:
        """Add something that may be intended."""
        self.add(Fault.note(code, message), at)

    def problems(self) -> list[Problem]:
        """Return the findings as Problems, sorted by line."""
        last = {fault.code: index for index, (_, fault) in enumerate(self._found)}
        problems = []
        for index, (line, (code, message, severity)) in enumerate(self._found):
            more = self._counts[code] - _EACH
            if more > 0 and last[code] == index:
                message = f"{message} (and {more} more like it)"
            problems.append(Problem(self.path, line, code, message, severity))
        return sorted(problems)


def line_of(at: object) -> int:
    """Return the line of an element, which is 1 if unknown, or a line as it is."""
    return at if isinstance(at, int) else int(cast(Any, at).sourceline or 1)


def count_lines(body: bytes) -> int:
    """Return the number of lines of a document."""
    return body.count(b"\n") + 1


def words(text: str) -> str:
    """Return the words of a text in lower case, to compare it with others."""
    return " ".join(re.findall(r"\w+", text.casefold()))


def quoted(value: str) -> str:
    """Quote a value for a message: on one line, and shortened."""
    text = " ".join(value.split())
    return repr(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}...")
