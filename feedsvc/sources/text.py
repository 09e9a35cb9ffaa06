"""Decodes the text of article files, and finds characters in it that feeds cannot carry."""

import re

from feedsvc import html
from feedsvc.errors import ArticleError, Severity
from feedsvc.sources.protocol import Written


def decode(content: bytes) -> str:
    """Return the text of a file, with LF line endings. Raises ArticleError (not-utf8, empty)."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ArticleError("not-utf8", "is not UTF-8 text; save it as UTF-8", line=line) from None
    if not text or text.isspace():
        raise ArticleError("empty", "is empty; write the article or remove the file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


# References to characters that XML cannot carry, as HTML parsers understand them.
_LOST_REFERENCE = re.compile(
    r"(?i)&#(?:0*(?:[1-8]|1[124-9]|2[0-9]|3[01]|6553[45])(?![0-9])"
    r"|x0*(?:[1-8bcef]|1[0-9a-f]|fff[ef])(?![0-9a-f]));?"
)


def lost_characters(text: str, written: Written) -> list[ArticleError]:
    """Return warnings about control characters and references to them, which are left out.

    A reference matters only where HTML interprets it, and so not in Markdown code.
    """
    safe, body, raw = written.text, written.body, written.raw
    lost = []
    if safe != text:
        at = next(i for i, (a, b) in enumerate(zip(text, f"{safe} ", strict=False)) if a != b)
        lost.append((at, f"the control character U+{ord(text[at]):04X}"))
    if "&#" in body and (html.xml_safe(raw) != raw or _LOST_REFERENCE.search(raw)):
        reference = _LOST_REFERENCE.search(body)
        if reference:
            at = len(safe) - len(body) + reference.start()
            lost.append((at, f"`{reference[0]}`, which XML cannot carry"))
    return [
        ArticleError(
            "control-character",
            f"contains {what}, which is left out; delete it",
            line=safe.count("\n", 0, at) + 1,
            severity=Severity.WARNING,
        )
        for at, what in lost
    ]
