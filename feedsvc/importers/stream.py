"""Reads XML files in blocks, without the bytes that XML parsers reject.

Exports often contain control characters and invalid UTF-8. These are removed or replaced, and the
line of the first is recorded.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from feedsvc.errors import Problem, Severity
from feedsvc.html import xml_safe

# Called with the number of bytes read since the last call.
Advance = Callable[[int], None]

_OTHER_ENCODING = re.compile(rb"""\s*<\?xml[^>]*\sencoding\s*=\s*["'](?!utf-?8["'])""", re.I)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\x00", b"\x00<")
_DECLARATION = re.compile(rb"(\xef\xbb\xbf)?(\s+)(<\?xml\s[^>]*\?>)")


class Stream:
    """A file object for lxml. Files in other encodings than UTF-8 are passed through."""

    def __init__(self, source: str, file: BinaryIO, advance: Advance) -> None:
        self._source = source
        self._file = file
        self._advance = advance
        self._is_utf8: bool | None = None  # None before the first block
        self._incomplete = b""  # the beginning of a character
        self._line = 1
        self._invalid_bytes_line = 0
        self._control_characters_line = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, about this many; b'' only at the end."""
        while block := self._file.read(size):
            self._advance(len(block))
            if self._is_utf8 is None:
                self._is_utf8 = not (block.startswith(_WIDE) or _OTHER_ENCODING.match(block))
                # PHP programs may print blank lines before the XML declaration, which must come
                # first. Moving them behind it keeps the line numbers.
                if _DECLARATION.match(block):
                    block = _DECLARATION.sub(rb"\1\3\2", block, count=1)
            if not self._is_utf8:
                return block
            if clean := self._clean(block, final=False):
                return clean
        return self._clean(b"", final=True)

    def warnings(self) -> Iterator[Problem]:
        """Yield a warning for each kind of change made so far."""
        if line := self._invalid_bytes_line:
            message = "has bytes that are not UTF-8; they became \ufffd: fix the articles with it"
            yield Problem(self._source, line, "broken-encoding", message, Severity.WARNING)
        if line := self._control_characters_line:
            message = "contains control characters; they are left out"
            yield Problem(self._source, line, "lost-characters", message, Severity.WARNING)

    def _clean(self, block: bytes, *, final: bool) -> bytes:
        block = self._incomplete + block
        try:
            text, used = codecs.utf_8_decode(block, "strict", final)
        except UnicodeDecodeError as error:
            line = self._line + block.count(b"\n", 0, error.start)
            self._invalid_bytes_line = self._invalid_bytes_line or line
            text, used = codecs.utf_8_decode(block, "replace", final)
        self._incomplete = block[used:]
        safe = xml_safe(text)
        if safe != text and not self._control_characters_line:
            at = next(i for i, (a, b) in enumerate(zip(text, f"{safe} ", strict=False)) if a != b)
            self._control_characters_line = self._line + text.count("\n", 0, at)
        self._line += text.count("\n")
        return safe.encode()
