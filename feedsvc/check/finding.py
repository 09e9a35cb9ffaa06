"""Gathers what is wrong with one document as Problems, and keeps their number bounded."""

from collections import Counter

from feedsvc.errors import Problem

_EACH = 10  # findings of one code in one document; a hostile feed could have millions
_LONGEST = 80  # characters of a value that a message shows


class Findings:
    """The findings about one document.

    path: as a Problem names it. lines: how many the document has; no finding lies beyond them.
    """

    def __init__(self, path: str, lines: int = 0) -> None:
        self.path = path
        self._lines = lines
        self._found: list[tuple[int, str, str]] = []
        self._counts: Counter[str] = Counter()

    def add(self, code: str, line: int, message: str) -> None:
        """Note one finding. line: from 1; 0 where no line applies."""
        self._counts[code] += 1
        if self._counts[code] <= _EACH:
            self._found.append((max(0, min(line, self._lines)), code, message))

    def problems(self) -> list[Problem]:
        """Return the findings as Problems, in the order of their lines."""
        last = {code: index for index, (_, code, _) in enumerate(self._found)}
        problems = []
        for index, (line, code, message) in enumerate(self._found):
            more = self._counts[code] - _EACH
            if more > 0 and last[code] == index:
                message = f"{message} (and {more} more like it)"
            problems.append(Problem(self.path, line, code, message))
        return sorted(problems)


def count_lines(body: bytes) -> int:
    """Return how many lines a document has."""
    return body.count(b"\n") + 1


def shown(value: str) -> str:
    """Return a value in quotes as a message shows it: on one line, not too long."""
    text = " ".join(value.split())
    return repr(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
