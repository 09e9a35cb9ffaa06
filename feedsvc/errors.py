"""Exceptions, and problems as values.

A `Problem` in a user's files is stored and reported, and work continues. An exception ends the
command with its message, which is one sentence.
"""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a problem is.

    ERROR: the article is not published, or the feed is invalid. WARNING: the article is still
    published, or the feed still readable. NOTE: may be intended.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A problem in a file, and its remedy.

    path: relative to the site folder, POSIX style; of a feed, its address or file. line: from 1,
    or 0 for the whole file. code: a stable identifier, listed in docs/front-matter.md,
    docs/importing.md and docs/checks.md. message: one sentence that says what to do.
    """

    path: str
    line: int
    code: str
    message: str
    severity: Severity = Severity.ERROR

    @property
    def place(self) -> str:
        """`path:line`, or the path alone, on one line."""
        return on_one_line(f"{self.path}:{self.line}" if self.line else self.path)

    def __str__(self) -> str:
        """`path:line: severity: message [code]`, a format that editors recognise."""
        return f"{self.place}: {self.severity}: {on_one_line(self.message)} [{self.code}]"


def on_one_line(text: str) -> str:
    """Escape characters that are not printable: line breaks, terminal controls, surrogates."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


class FeedsvcError(Exception):
    """Base class of all errors reported to users; the message is one sentence."""


class SettingsError(FeedsvcError):
    """The settings are invalid; the message has the file, the line and the remedy."""


class CatalogError(FeedsvcError):
    """The catalog cannot be opened, read or written."""


class DamagedError(CatalogError):
    """The catalog's file is damaged; `feedsvc sync` rebuilds it. reason: the damage found."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"{reason}; `feedsvc sync` sets it aside and rebuilds it")
        self.reason = reason


class SchemaError(CatalogError):
    """The catalog's schema is not this program's. reason: may be shown to the public."""

    def __init__(self, catalog: str, reason: str, remedy: str) -> None:
        super().__init__(f"{catalog}: {reason}; {remedy}")
        self.catalog = catalog
        self.reason = reason


class OutdatedError(SchemaError):
    """The catalog has an older schema, and has not been upgraded yet."""

    def __init__(self, catalog: str, found: str, known: str) -> None:
        super().__init__(
            catalog,
            f"the catalog is of an older feedsvc (schema {found}; this one has {known})",
            "run `feedsvc sync`, which upgrades it and keeps everything",
        )


class NewerError(SchemaError):
    """The catalog was created or upgraded by a newer program."""

    def __init__(self, catalog: str, found: str, known: str) -> None:
        super().__init__(
            catalog,
            f"the catalog is of a newer feedsvc (schema {found}; this one has {known})",
            "run that version, or restore the copy from before the upgrade (docs/upgrading.md)",
        )


class UnreleasedError(SchemaError):
    """The catalog was created by an unreleased program."""

    def __init__(self, catalog: str, found: str) -> None:
        super().__init__(
            catalog,
            f"the catalog has a schema of no released feedsvc ({found})",
            "keep it, and run the version that created it",
        )


class WithdrawalError(FeedsvcError):
    """A sync would withdraw suspiciously many articles; nothing was changed."""


class ArticleError(FeedsvcError):
    """A file is not a valid article; `problem` converts this into a Problem.

    key: the front-matter key at fault, if any, which determines the line. line: the line, if known.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        key: str | None = None,
        line: int = 0,
        severity: Severity = Severity.ERROR,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.key = key
        self.line = line
        self.severity = severity

    def as_warning(self, more: str = "") -> "ArticleError":
        """Return the error as a warning. more: appended to the message."""
        message, severity = self.message + more, Severity.WARNING
        return ArticleError(self.code, message, key=self.key, line=self.line, severity=severity)

    def problem(self, path: str, line: int = 0) -> Problem:
        """Return the error as a Problem. path: as shown. line: used if the error has none."""
        return Problem(path, self.line or line, self.code, self.message, self.severity)
