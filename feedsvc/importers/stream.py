"""The bytes of an XML file without what would stop its parser; keeps little of it in memory.

Control characters, and bytes that are no UTF-8, stop every XML parser, and exports are full of
them. Here they are left out or replaced, and the first line where that happened is kept.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from feedsvc.errors import Problem, Severity
from feedsvc.html import xml_safe

# Called with how many bytes were read since it was last called.
Advance = Callable[[int], None]

_OTHER_ENCODING = re.compile(rb"""\s*<\?xml[^>]*\sencoding\s*=\s*["'](?!utf-?8["'])""", re.I)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\x00", b"\x00<")

_DECLARATION = re.compile(rb"(\xef\xbb\xbf)?(\s+)(<\?xml\s[^>]*\?>)")


class Stream:
    """What lxml reads a file through. Encodings other than UTF-8 are left to lxml."""

    def __init__(self, source: str, file: BinaryIO, advance: Advance) -> None:
        self._source = source
        self._file = file
        self._advance = advance
        self._is_utf8: bool | None = None  # None before the first bytes
        self._left = b""  # the beginning of a character
        self._line = 1
        self._lost: dict[str, int] = {}

    def read(self, size: int) -> bytes:
        """Return about so many of the next bytes; none at the end alone."""
        while data := self._file.read(size):
            self._advance(len(data))
            if self._is_utf8 is None:
                self._is_utf8 = not (data.startswith(_WIDE) or _OTHER_ENCODING.match(data))
                data = _begin(data)
            if not self._is_utf8:
                return data
            if clean := self._clean(data, final=False):
                return clean
        return self._clean(b"", final=True)

    def warnings(self) -> Iterator[Problem]:
        """Yield what was changed so far."""
        if line := self._lost.get("bytes"):
            message = "has bytes that are no UTF-8; they became \ufffd: mend the articles with it"
            yield Problem(self._source, line, "broken-encoding", message, Severity.WARNING)
        if line := self._lost.get("characters"):
            message = "holds control characters; they are left out"
            yield Problem(self._source, line, "lost-characters", message, Severity.WARNING)

    def _clean(self, data: bytes, *, final: bool) -> bytes:
        data = self._left + data
        try:
            text, used = codecs.utf_8_decode(data, "strict", final)
        except UnicodeDecodeError as error:
            self._lost.setdefault("bytes", self._line + data.count(b"\n", 0, error.start))
            text, used = codecs.utf_8_decode(data, "replace", final)
        self._left = data[used:]
        safe = xml_safe(text)
        if safe != text and "characters" not in self._lost:
            at = next(i for i, (a, b) in enumerate(zip(text, f"{safe} ", strict=False)) if a != b)
            self._lost["characters"] = self._line + text.count("\n", 0, at)
        self._line += text.count("\n")
        return safe.encode()


def _begin(data: bytes) -> bytes:
    """Move what is blank before the XML declaration behind it, so that no line has another number.

    Programs in PHP begin so, and the declaration must come first.
    """
    return _DECLARATION.sub(rb"\1\3\2", data, count=1) if _DECLARATION.match(data) else data
