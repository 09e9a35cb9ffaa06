"""What can go wrong, as exceptions and as values; formats nothing for a terminal.

A `Problem` is found in somebody's files, kept, and shown; the work goes on. An exception ends
the command with its one sentence.
"""

from dataclasses import dataclass

# Findings that leave the article published as its author meant it, or the feed readable.
_WARNINGS = frozenset(
    {"control-character", "empty-term", "unknown-key", "updated-before-published"}
) | frozenset(
    # Of feeds.
    "ambiguous-title archive-without-current blank broken-html content-before-description doctype "
    "email-form email-without-domain escaped-xhtml garbled-text history-link-in-entry hour-24 "
    "html-in-text image-differs image-format implausible-date incomplete-source json-bom "
    "large-entry large-feed late-metadata lone-archive many-enclosures missing-url no-guid "
    "no-namespace no-self-link no-type not-ascii-url not-canonical-id not-judged odd-rss-date "
    "old-author other-self-link prefixed-atom relative-html-url relative-self-link repeated-id "
    "said-twice self-link-type taken-prefix text-input uncommon-encoding unknown-html "
    "unknown-json-key unknown-rel unknown-scheme unsafe-html updated-early weak-guid "
    "whole-document-type wild-style "
    # Of articles and settings.
    "broken-fragment far-future far-past html-removed http-base-url image-too-large image-unsized "
    "large-limit local-base-url long-title missing-alt missing-summary no-site-author empty-text same-text "
    "same-title summary-repeats-title unknown-length updated-in-future "
    # Of HTTP.
    "compression-without-vary contradicting-charset no-conditional no-validator plain-http "
    "wrong-content-type".split()
)
# Findings that may be meant.
_NOTES = frozenset(
    "attribute-removed comments-without-date email-in-name lost-html no-cache-control "
    "no-compression no-language no-subtitle no-text old-version permanent-redirect same-updated "
    "small-limit style-attribute temporary-redirect unknown-namespace unknown-type "
    "unusual-prefix".split()
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong in one file, and what to do about it.

    path: relative to the site folder, POSIX style; of a feed, its path or address. line: from 1; 0
    where no line applies. code: a stable word for programs, listed in docs/front-matter.md and
    docs/checks.md. message: one sentence that says what to do.
    """

    path: str
    line: int
    code: str
    message: str

    @property
    def severity(self) -> str:
        """`note` if it may be meant, `warning` if the article is published all the same or the
        feed readable, else `error`.
        """
        if self.code in _NOTES:
            return "note"
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
