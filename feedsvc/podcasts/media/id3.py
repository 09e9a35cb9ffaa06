"""Reads chapters and the cover of an ID3v2 tag (https://id3.org/id3v2.4.0-structure).

Chapters are defined by https://id3.org/id3v2-chapters-1.0.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from struct import error as StructError  # noqa: N812 - an exception
from struct import unpack_from
from typing import BinaryIO

from feedsvc.podcast import Chapter
from feedsvc.podcasts.media import facts
from feedsvc.podcasts.media.facts import MAX_CHAPTERS, MAX_TITLE, Cover

HEADER = 10  # bytes of the header of a tag, and of a frame
_MAX_TAG = 32_000_000  # bytes; larger tags are skipped
_MAX_FRAMES = 10_000
_MAX_PARTS = 100  # frames of a chapter; the rest are ignored
_FRONT_COVER = 3
_NAME = re.compile(rb"[A-Z0-9]{4}")
_CODECS = {0: "latin-1", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}


@dataclass(frozen=True, slots=True)
class Tag:
    """An ID3v2 tag. end: the offset of the first byte after it."""

    end: int
    chapters: tuple[Chapter, ...] = ()
    cover: Cover | None = None
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Frame:
    """A frame. offset: of its body in the file; 0 if the bytes there differ from the body."""

    name: str
    body: bytes
    offset: int


def read(file: BinaryIO, size: int) -> Tag:
    """Read the tag at the start of a file, which may have none. size: of the file."""
    file.seek(0)
    head = file.read(HEADER)
    if len(head) < HEADER or head[:3] != b"ID3":
        return Tag(0)
    major, flags, length = head[3], head[5], _synchsafe(head[6:10])
    end = HEADER + length + (HEADER if flags & 0x10 else 0)
    if end > size:
        return Tag(0, doubts=("has an ID3 tag that is longer than the file",))
    if major not in (3, 4) or length > _MAX_TAG:
        return Tag(end)
    body = file.read(length)
    is_plain = True
    if flags & 0x80 and major == 3:
        body, is_plain = _synchronised(body), False
    start = _after_extended_header(body, major) if flags & 0x40 else 0
    chapters: list[Chapter] = []
    cover, kind = None, -1
    for count, frame in enumerate(_frames(body, start, len(body), major)):
        if count >= _MAX_FRAMES or len(chapters) > MAX_CHAPTERS:
            return Tag(end, (), cover, ("has too many chapters in its ID3 tag",))
        if frame.name == "CHAP":
            chapters.extend(_chapter(frame.body, major))
        elif frame.name == "APIC" and kind != _FRONT_COVER and frame.offset and is_plain:
            found = _cover(frame)
            if found:
                kind, cover = found
    return Tag(end, tuple(sorted(chapters, key=lambda each: each.start)), cover)


def _frames(data: bytes, start: int, end: int, major: int) -> Iterator[_Frame]:
    """Yield the frames in a part of a tag; offsets assume that the tag starts the file."""
    while start + HEADER <= end and _NAME.fullmatch(data, start, start + 4):
        raw = data[start + 4 : start + 8]
        length = _synchsafe(raw) if major == 4 else int.from_bytes(raw)
        flags = data[start + 9]
        at = start + HEADER
        if length <= 0 or at + length > end:
            return
        name = data[start : start + 4].decode()
        start = at + length
        compressed_or_encrypted = 0x0C if major == 4 else 0xC0
        if flags & compressed_or_encrypted:
            continue
        body, offset = data[at:start], HEADER + at
        if major == 4 and flags & 0x01:  # a data length indicator
            body, offset = body[4:], offset + 4
        if major == 4 and flags & 0x02:
            body, offset = _synchronised(body), 0
        yield _Frame(name, body, offset)


def _chapter(body: bytes, major: int) -> Iterator[Chapter]:
    """Yield the chapter of a CHAP frame; none if it is invalid."""
    name_end = body.find(b"\0")
    if name_end < 0:
        return
    try:
        start, end = unpack_from(">II", body, name_end + 1)
    except StructError:
        return
    title, link = "", None
    for frame in islice(_frames(body, name_end + 17, len(body), major), _MAX_PARTS):
        if frame.name == "TIT2":
            title = _text(frame.body[:1], frame.body[1:])[:MAX_TITLE]
        elif frame.name == "WXXX":
            _, _, url = frame.body[1:].partition(b"\0")
            link = _text(b"\0", url.lstrip(b"\0"))
    yield Chapter(
        start=start / 1000,
        end=end / 1000 if start < end < 0xFFFFFFFF else None,
        title=title,
        link=link or None,
    )


def _cover(frame: _Frame) -> tuple[int, Cover] | None:
    """Return the kind of the picture of an APIC frame, and where it is."""
    head = frame.body[: 4 * MAX_TITLE]
    kind = head.find(b"\0", 1) + 1  # after the media type
    if not 0 < kind < len(head):
        return None
    size = _end_of_text(head[kind + 1 :], head[0] in (1, 2))  # of the description
    if size < 0:
        return None
    start = kind + 1 + size
    data = frame.body[start : start + facts.PICTURE_HEAD]
    found = facts.cover(data, frame.offset + start, len(frame.body) - start)
    return (head[kind], found) if found else None


def _end_of_text(data: bytes, wide: bool) -> int:
    """Return the offset after the terminator of a text; -1 if it has none."""
    if not wide:
        return data.find(b"\0") + 1 or -1
    for at in range(0, min(len(data), 2 * MAX_TITLE), 2):
        if data[at : at + 2] == b"\0\0":
            return at + 2
    return -1


def _text(encoding: bytes, data: bytes) -> str:
    codec = _CODECS.get(encoding[0] if encoding else 0, "latin-1")
    return data.decode(codec, "replace").partition("\0")[0].strip()


def _after_extended_header(body: bytes, major: int) -> int:
    length = body[:4]
    return _synchsafe(length) if major == 4 else 4 + int.from_bytes(length)


def _synchronised(data: bytes) -> bytes:
    return data.replace(b"\xff\0", b"\xff")


def _synchsafe(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value
