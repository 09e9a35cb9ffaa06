"""Rules shared by all feed formats: sizes, and dates of entries."""

from collections.abc import Iterable
from typing import TypeVar

from feedsvc.check import moments
from feedsvc.check.finding import Findings

# A reader that polls every hour and never gets a 304 downloads 2 GB of it in three months.
LARGE_FEED = 1_000_000  # bytes
# About forty thousand words, a short novel.
LARGE_ENTRY = 256_000  # bytes
# Feeds have tens of entries; the first ones of a huge feed are representative.
MAX_ENTRIES = 10_000

_Entry = TypeVar("_Entry")


def validate_size(body: bytes, findings: Findings) -> None:
    """Validate the size of a document."""
    if len(body) > LARGE_FEED:
        size = f"has {len(body) / 1e6:.1f} MB, which each reader downloads repeatedly"
        findings.warning("large-feed", 0, f"{size}; publish fewer entries, or summaries")


def limit(found: list[_Entry], findings: Findings) -> list[_Entry]:
    """Return the entries to validate, at most MAX_ENTRIES."""
    if len(found) > MAX_ENTRIES:
        message = f"has {len(found)} entries; only the first {MAX_ENTRIES} were validated"
        findings.warning("many-entries", 0, f"{message}; publish fewer")
    return found[:MAX_ENTRIES]


def validate_entry_size(at: object, texts: Iterable[str], findings: Findings) -> None:
    """Validate the amount of text in an entry. at: see Findings."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    if size > LARGE_ENTRY:
        message = f"the entry has {size // 1000} KB, too much for many readers; use a summary"
        findings.warning("large-entry", at, message)


def validate_update(at: object, published: str, updated: str, findings: Findings) -> None:
    """Validate that an entry was not updated before it was published, by RFC 3339 dates."""
    before, after = moments.parse_rfc3339(published), moments.parse_rfc3339(updated)
    if before and after and after < before:
        message = "an entry was updated before it was published; correct one of the dates"
        findings.warning("updated-early", at, message)
