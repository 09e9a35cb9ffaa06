"""What can go wrong, as exceptions and as values; formats nothing for a terminal.

A `Problem` is found in somebody's files, kept, and shown; the work goes on. An exception ends
the command with its one sentence.
"""

from dataclasses import dataclass

# Findings that leave the article published as its author meant it.
_WARNINGS = frozenset(
    {"control-character", "empty-term", "left-out", "unknown-key", "unresolved-link"}
    | {"updated-before-published"}
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in one file, and what to do about it.

    path: relative to the site folder, POSIX style. line: from 1; 0 where no line applies.
    code: a stable word for programs, listed in docs/front-matter.md.
    message: one sentence that says what to do.
    """

    path: str
    line: int
    code: str
    message: str

    @property
    def severity(self) -> str:
        """`warning` if the article is published all the same, else `error`."""
        return "warning" if self.code in _WARNINGS else "error"

    def __str__(self) -> str:
        """`path:line: severity: message [code]`, the form that editors can jump to."""
        where = f"{self.path}:{self.line}" if self.line else self.path
        return _on_one_line(f"{where}: {self.severity}: {self.message} [{self.code}]")


def _on_one_line(text: str) -> str:
    """Escape what would break the line, steer a terminal, or stop an encoder."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


class FeedsvcError(Exception):
    """The base of all errors that a user is shown; its text is one clear sentence."""


class SettingsError(FeedsvcError):
    """The settings cannot be used; names the file, the line and the remedy."""


class CatalogError(FeedsvcError):
    """The catalog cannot be opened, read or written."""


class ArticleError(FeedsvcError):
    """One file is not an article; the reader turns it into a Problem.

    key: the front-matter key at fault, if one is, from which the reader finds the line.
    line: the line, where the raiser knows it better.
    """

    def __init__(self, code: str, message: str, *, key: str | None = None, line: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.key = key
        self.line = line
