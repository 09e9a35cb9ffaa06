"""What is judged alike in feeds of every format: texts, sizes, moments, ids. Knows no syntax."""

from collections.abc import Iterable
from datetime import datetime

from feedsvc.check import markup, moments, values
from feedsvc.check.finding import Findings, shown

# A reader that polls every hour and gets no 304 fetches 2 GB of it in three months.
LARGE_FEED = 1_000_000  # bytes
# About forty thousand words, a short novel.
LARGE_ENTRY = 256_000  # bytes
# A feed has tens of entries; of one that has a million, this many tell enough.
MOST = 10_000


def judge_size(body: bytes, findings: Findings) -> None:
    """Judge how large a feed is."""
    if len(body) > LARGE_FEED:
        message = (
            f"has {len(body) / 1e6:.1f} MB, and each reader fetches it again and again; carry "
            "fewer entries, or summaries"
        )
        findings.warning("large-feed", 0, message)


def judge_number(number: int, findings: Findings) -> None:
    """Judge how many entries a feed has; those beyond MOST are not judged."""
    if number > MOST:
        message = f"has {number} entries, of which {MOST} were judged; carry fewer"
        findings.warning("many-entries", 0, message)


def judge_entry_size(line: int, texts: Iterable[str], findings: Findings) -> None:
    """Judge how much text an entry carries."""
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    if size > LARGE_ENTRY:
        message = f"the entry has {size // 1000} KB, too much for many readers; carry a summary"
        findings.warning("large-entry", line, message)


def judge_html(where: str, line: int, text: str, based: bool, findings: Findings) -> None:
    """Judge a piece of HTML. based: whether it has something to be relative to."""
    for fault in markup.faults(text, based):
        findings.add(fault.of(where), line)


def judge_plain(where: str, line: int, text: str, findings: Findings) -> None:
    """Judge a text that must be plain."""
    if values.looks_like_html(text, markup.ELEMENTS):
        message = f"{where} {shown(text)} has markup where readers show plain text; take it out"
        findings.warning("html-in-text", line, message)


def judge_moment(
    where: str, line: int, moment: datetime | None, now: datetime, findings: Findings
) -> None:
    """Judge when something was published or changed."""
    odd = moments.implausible(moment, now) if moment else None
    if odd:
        findings.warning("implausible-date", line, f"{where} {odd}")
