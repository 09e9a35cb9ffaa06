"""Small conversions between what sources hold and what an Item wants; makes nothing safe."""

import re
from datetime import datetime
from html import escape

from feedsvc import dates, html
from feedsvc.importers.item import RFC822_ZONES, Hints

_BLOCK = re.compile(r"(?i)<(?:p|div|br|ul|ol|table|blockquote|pre|h[1-6]|img|figure|iframe)\b")
_CLOSED = re.compile(r"</[a-zA-Z]|&(?:[a-zA-Z]\w*|#\w+);")
# RFC 2822 4.3: what a year of two digits means in a date of this form.
_SHORT_YEAR = re.compile(r"(?i)^((?:[a-z]{3},?\s+)?\d{1,2}\s+[a-z]{3}\s+)(\d\d)(\s+\d\d:\d\d)")


def plain(markup: str) -> str:
    """Return the text of raw HTML on one line."""
    return html.plain(html.sanitise(markup, lambda _: ""))


def title(written: str) -> str:
    """Return a title as plain text, where nobody says whether it is text or HTML.

    It counts as HTML if it has a closing tag or a character reference, as with most readers.
    """
    return plain(written) if _CLOSED.search(written) else " ".join(written.split())


def is_page(markup: str) -> bool:
    """Tell whether HTML has blocks or pictures, and so is more than a summary's text."""
    return _BLOCK.search(markup) is not None


def paragraphs(text: str) -> str:
    """Return plain text as HTML: a paragraph for each block, a break for each line."""
    blocks = re.split(r"\n\s*\n", escape(text.strip().replace("\r\n", "\n"), quote=False))
    return "\n".join("<p>" + block.replace("\n", "<br>\n") + "</p>" for block in blocks if block)


def date(written: str, hints: Hints) -> datetime | None:
    """Read the date of a feed; None where there is none. Raises DateError."""
    if not written.strip():
        return None
    year = _SHORT_YEAR.match(written.strip())
    if year:
        century = "19" if int(year[2]) >= 50 else "20"
        written = f"{year[1]}{century}{year[2]}{written.strip()[year.end(2) :]}"
    return dates.parse(written, hints.zone, RFC822_ZONES | hints.zones)


def path_words(url: str) -> str:
    """Return the last part of a URL's path, as a slug could be; '' where it has none."""
    path = re.sub(r"^[a-z]+://[^/?#]*", "", url.partition("#")[0].partition("?")[0])
    name = path.rstrip("/").rpartition("/")[2]
    return re.sub(r"(?i)\.(?:html?|php|aspx?)$", "", name)
