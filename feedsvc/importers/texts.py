"""Conversions of source texts. Their results are not sanitised."""

import codecs
import re
from datetime import datetime, timedelta, timezone, tzinfo
from html import escape

from feedsvc import dates, html
from feedsvc.errors import Problem
from feedsvc.importers.item import Hints, Origin

_BLOCK = re.compile(r"(?i)<(?:p|div|br|ul|ol|table|blockquote|pre|h[1-6]|img|figure|iframe)\b")
_TITLE = 80  # characters of a title taken from the text
_CLOSED = re.compile(r"</[a-zA-Z]|&(?:[a-zA-Z]\w*|#\w+);")
# Two-digit years are interpreted as in RFC 2822 4.3.
_SHORT_YEAR = re.compile(r"(?i)^((?:[a-z]{3},?\s+)?\d{1,2}\s+[a-z]{3}\s+)(\d\d)(\s+\d\d:\d\d)")
_ZONES = {"UT": 0, "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7}
# Defined by RFC 822 5.1.
_RFC822_ZONES: dict[str, tzinfo] = {
    name: timezone(timedelta(hours=hours)) for name, hours in (_ZONES | {"PST": -8}).items()
}

_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARED = re.compile(rb"""(?i)(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9._:-]{2,40})""")
# Python also has codecs that are not text encodings.
_TEXT_ENCODING = re.compile(
    r"(?:windows|cp|iso|latin|koi8|gb|big5|euc|shift|mac|utf-?(?:8|16|32)|tis)[a-z0-9_-]*"
)
# The default encoding of browsers, also for the labels of Latin-1 (Encoding Standard 4.2).
_DEFAULT_ENCODING = "windows-1252"
_LATIN1 = {"iso-8859-1", "iso8859-1", "latin1", "latin-1"}


def decode(content: bytes) -> tuple[str, bool]:
    """Return the text of a file, and whether its encoding was known and every byte was valid."""
    bom = next((name for mark, name in _BOMS.items() if content.startswith(mark)), None)
    try:
        return content.decode(bom or "utf-8"), True
    except UnicodeDecodeError:
        declared = _DECLARED.search(content[:4096])
        name = declared[1].decode().lower() if declared else ""
    known = _TEXT_ENCODING.fullmatch(name) is not None
    encoding = _DEFAULT_ENCODING if name in _LATIN1 or not known else name
    try:
        return content.decode(encoding), known
    except (LookupError, UnicodeDecodeError):
        return content.decode(_DEFAULT_ENCODING, "replace"), False


def plain(markup: str) -> str:
    """Return the text of raw HTML on one line."""
    return html.plain(html.sanitise(markup, lambda _: ""))


def title(text: str) -> str:
    """Return a title of unspecified type as plain text.

    As in most feed readers, it is HTML if it has a closing tag or a character reference.
    """
    return plain(text) if _CLOSED.search(text) else " ".join(text.split())


def beginning(markup: str) -> str:
    """Return the first words of raw HTML, as a title for a text without one."""
    return html.excerpt(html.sanitise(markup, lambda _: ""), _TITLE)


def has_blocks(markup: str) -> bool:
    """Return whether HTML has block elements or images, so that it is more than a summary."""
    return _BLOCK.search(markup) is not None


def paragraphs(text: str) -> str:
    """Return plain text as HTML, with a paragraph for each block and a break for each line."""
    blocks = re.split(r"\n\s*\n", escape(text.strip().replace("\r\n", "\n"), quote=False))
    return "\n".join("<p>" + block.replace("\n", "<br>\n") + "</p>" for block in blocks if block)


def no_site(source: str, program: str) -> Problem:
    """Return the problem that neither an export nor the user names the site's URL."""
    message = f"is an export of {program}, which omits the site's URL; give it with --url"
    return Problem(source, 0, "no-site-url", message)


def restricted(origin: Origin) -> tuple[Problem, ...]:
    """Return the warning that parts of a text meant for only some readers are left out."""
    message = (
        "has parts that were not for all readers; they are left out: check the end of its text"
    )
    return (origin.warning("restricted-text", message),)


def date(text: str, hints: Hints) -> datetime | None:
    """Parse a date of a feed; None if it is blank. Raises DateError."""
    text = text.strip()
    if not text:
        return None
    if year := _SHORT_YEAR.match(text):
        century = "19" if int(year[2]) >= 50 else "20"
        text = f"{year[1]}{century}{text[year.start(2) :]}"
    return dates.parse(text, hints.zone, _RFC822_ZONES | hints.zones)


def length(text: str) -> int:
    """Parse the size of an enclosure in bytes; 0 if it is not a plausible number."""
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else 0


def last_segment(url: str) -> str:
    """Return the last segment of a URL's path, without a page's suffix; '' if none."""
    path = re.sub(r"^[a-z]+://[^/?#]*", "", url.partition("#")[0].partition("?")[0])
    name = path.rstrip("/").rpartition("/")[2]
    return re.sub(r"(?i)\.(?:html?|php|aspx?)$", "", name)
