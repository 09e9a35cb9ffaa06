"""Rules shared by all feed formats: sizes, dates, plain text and HTML."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from lxml import etree

from feedsvc.check import markup, moments, values
from feedsvc.check.finding import Findings, shown
from feedsvc.check.xml import line_of, split

# A reader that polls every hour and never gets a 304 downloads 2 GB of it in three months.
LARGE_FEED = 1_000_000  # bytes
# About forty thousand words, a short novel.
LARGE_ENTRY = 256_000  # bytes
# Feeds have tens of entries; the first ones of a huge feed are representative.
MAX_ENTRIES = 10_000

_Entry = TypeVar("_Entry")


def validate_size(body: bytes, findings: Findings) -> None:
    """Validate the size of a feed."""
    if len(body) > LARGE_FEED:
        size = f"has {len(body) / 1e6:.1f} MB, which each reader downloads repeatedly"
        findings.warning("large-feed", 0, f"{size}; publish fewer entries, or summaries")


def limit(found: list[_Entry], findings: Findings) -> list[_Entry]:
    """Return the entries to validate, at most MAX_ENTRIES."""
    if len(found) > MAX_ENTRIES:
        message = f"has {len(found)} entries; only the first {MAX_ENTRIES} were validated"
        findings.warning("many-entries", 0, f"{message}; publish fewer")
    return found[:MAX_ENTRIES]


def validate_entry_size(line: int, texts: Iterable[str], findings: Findings) -> None:
    """Validate the amount of text in an entry."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    if size > LARGE_ENTRY:
        message = f"the entry has {size // 1000} KB, too much for many readers; use a summary"
        findings.warning("large-entry", line, message)


def validate_html(name: str, line: int, text: str, has_base: bool, findings: Findings) -> None:
    """Validate a fragment of HTML. has_base: whether relative URLs can be resolved."""
    for fault in markup.faults(text, has_base):
        findings.add(fault.of(name), line)


def validate_plain(name: str, line: int, text: str, findings: Findings) -> None:
    """Validate a text that must not contain markup."""
    if values.looks_like_html(text, markup.ELEMENTS):
        message = f"{name} {shown(text)} has markup where readers show plain text; remove it"
        findings.warning("html-in-text", line, message)


def validate_date(
    name: str, line: int, moment: datetime | None, now: datetime, findings: Findings
) -> None:
    """Validate that a date is plausible. moment: None if it could not be parsed."""
    reason = moments.implausible(moment, now) if moment else None
    if reason:
        findings.warning("implausible-date", line, f"{name} {reason}")


def validate_update(
    line: int, published: datetime | None, updated: datetime | None, findings: Findings
) -> None:
    """Validate that an entry was not updated before it was published."""
    if published and updated and updated < published:
        message = "an entry was updated before it was published; fix one of the dates"
        findings.warning("updated-early", line, message)


def validate_order(
    feed: "etree._Element", entry_tag: str, is_metadata: Callable[[str], bool], findings: Findings
) -> None:
    """Validate that the metadata of an XML feed precedes its entries."""
    first = feed.find(entry_tag)
    for child in first.itersiblings(etree.Element) if first is not None else ():
        if child.tag != entry_tag and is_metadata(str(child.tag)):
            message = f"<{split(str(child.tag))[1]}> follows an entry, where readers miss it"
            findings.warning("late-metadata", line_of(child), f"{message}; move it up")
