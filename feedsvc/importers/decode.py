"""The bytes of a page or a text as text, by what they say of their encoding."""

import codecs
import re

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_DECLARED = re.compile(rb"""(?i)(?:charset|encoding)\s*=\s*["']?\s*([a-z0-9._:-]{2,40})""")
# Encodings of text; Python knows others, which are codes of another kind.
_TEXTUAL = re.compile(
    r"(?:windows|cp|iso|latin|koi8|gb|big5|euc|shift|mac|utf-?(?:8|16|32)|tis)[a-z0-9_-]*"
)
# What browsers take where nothing is said, and for these names (Encoding Standard 4.2).
_USUAL = "windows-1252"
_LATIN = {"iso-8859-1", "iso8859-1", "latin1", "latin-1"}


def decode(content: bytes) -> tuple[str, bool]:
    """Return bytes as text, and whether they fit what they say they are."""
    marked = next((name for mark, name in _MARKS.items() if content.startswith(mark)), None)
    try:
        return content.decode(marked or "utf-8"), True
    except UnicodeDecodeError:
        declared = _DECLARED.search(content[:4096])
        name = declared[1].decode().lower() if declared else ""
    known = _TEXTUAL.fullmatch(name) is not None
    encoding = _USUAL if name in _LATIN or not known else name
    try:
        return content.decode(encoding), known
    except (LookupError, UnicodeDecodeError):
        return content.decode(_USUAL, "replace"), False
