"""Reads the properties of a media file from its content, whatever its name says."""

import io
import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, cast

from tinytag import TinyTag, TinyTagException

from feedsvc.podcasts.media import id3, mp4, mpeg
from feedsvc.podcasts.media.facts import LONGEST, Facts, MediaError

# The endings of files whose content can be recognised, in order of preference for an enclosure. If
# it is not, the file is damaged, or something else.
ENDINGS = (
    *(".mp3", ".m4a", ".m4b", ".mp4", ".m4v", ".mov"),
    *(".ogg", ".oga", ".opus", ".flac", ".wav", ".webm"),
)
# The usual endings of each type, for a warning about others.
_NAMED: dict[str, tuple[str, ...]] = {
    "audio/mpeg": (".mp3",),
    "audio/x-m4a": (".m4a", ".m4b", ".mp4"),
    "video/mp4": (".mp4", ".m4v"),
    "video/x-m4v": (".m4v", ".mp4"),
    "video/quicktime": (".mov",),
    "audio/ogg": (".ogg", ".oga", ".opus"),
    "audio/flac": (".flac",),
    "audio/wav": (".wav",),
    "video/webm": (".webm",),
}
_TAGGED = {b"OggS": "audio/ogg", b"fLaC": "audio/flac", b"RIFF": "audio/wav"}
_MAX_READS = 100_000  # of one file by tinytag


def probe(path: str) -> Facts:
    """Return the properties of a recording.

    Raises MediaError for a file that nothing can play, OSError.
    """
    with Path(path).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        facts = _read(file, size)
    if facts.duration is not None and facts.duration <= 0:
        raise MediaError("has a duration of 0")
    if facts.duration is not None and not facts.duration <= LONGEST:
        wrong = "says that it lasts longer than any recording, so its duration is left out"
        facts = replace(facts, duration=None, doubts=(*facts.doubts, wrong))
    usual = _NAMED.get(facts.type, ())
    if usual and not path.lower().endswith(usual):
        wrong = f"has the content of {facts.type}; rename it to end in {usual[0]}"
        facts = replace(facts, doubts=(*facts.doubts, wrong))
    if facts.duration:
        facts = replace(facts, bitrate=round(size * 8 / facts.duration))
    return facts


@lru_cache(10_000)
def probed(path: str, state: str) -> Facts | str:  # noqa: ARG001 - part of the key
    """Return the properties of a recording, or the message of its MediaError; see `probe`.

    state: a text that changes with the file; results are cached by it. Raises OSError.
    """
    try:
        return probe(path)
    except MediaError as error:
        return str(error)


def _read(file: BinaryIO, size: int) -> Facts:
    if not size:
        raise MediaError("is empty")
    head = file.read(12)
    if head[4:8] == b"ftyp":
        return mp4.read(file, size)
    if (media_type := _TAGGED.get(head[:4])) and (head[:4] != b"RIFF" or head[8:12] == b"WAVE"):
        return _tagged(file, media_type)
    if head[:4] == b"\x1aE\xdf\xa3":  # Matroska, whose duration no library here reads
        return Facts("video/webm")
    tag = id3.read(file, size)
    stream = mpeg.read(file, tag.end, size)
    if stream is None:
        raise MediaError("is no recording that can be recognised; it may be damaged or encrypted")
    cut = ("is cut off at the end",) if stream.is_cut else ()
    return Facts(
        "audio/mpeg",
        stream.seconds,
        chapters=tag.chapters,
        cover=tag.cover,
        doubts=(*tag.doubts, *cut),
    )


class _Limited(io.RawIOBase):
    """A file with a limit of reads, as tinytag visits every chunk, however many are empty."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = _MAX_READS

    def read(self, size: int = -1) -> bytes:
        """Read bytes from the file. Raises ValueError at the 100,000th call."""
        self._left -= 1
        if not self._left:
            raise ValueError("has too many headers")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Change the position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()


def _tagged(file: BinaryIO, media_type: str) -> Facts:
    """Return the properties that tinytag reads. Raises MediaError."""
    file.seek(0)
    try:
        tag = TinyTag.get(file_obj=cast("BinaryIO", _Limited(file)))
    except (TinyTagException, ValueError, OverflowError, MemoryError):
        raise MediaError("is damaged: its headers cannot be read") from None
    if not tag.duration:
        raise MediaError("has a duration of 0")
    return Facts(media_type, tag.duration)
