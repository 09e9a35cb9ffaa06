"""The properties of media files, and limits for them."""

from dataclasses import dataclass
from io import BytesIO

from feedsvc.podcast import Chapter
from feedsvc.podcasts.artwork import Artwork, measure

MAX_CHAPTERS = 1000
PICTURE_HEAD = 262_144  # bytes that contain the header of a picture
MAX_TITLE = 1000  # characters; the rest is cut off
LONGEST = 1_000_000  # seconds, the maximum duration of a recording: almost twelve days


class MediaError(Exception):
    """A file is invalid. The message completes a sentence that starts with the file."""


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture within a media file. offset, length: of its bytes in the file."""

    picture: Artwork
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Facts:
    """The properties of a media file.

    type: of its content. duration: seconds. bitrate: bits per second. width, height: pixels. None
    where they are unknown. doubts: defects of a file that can be used all the same; each completes
    a sentence that starts with the file.
    """

    type: str
    duration: float | None = None
    bitrate: int | None = None
    width: int | None = None
    height: int | None = None
    chapters: tuple[Chapter, ...] = ()
    cover: Cover | None = None
    doubts: tuple[str, ...] = ()


def cover(data: bytes, offset: int, length: int) -> Cover | None:
    """Return a cover; None if it is neither a JPEG nor a PNG picture.

    data: at least its first bytes, see PICTURE_HEAD. offset, length: of its bytes in the file.
    """
    try:
        return Cover(measure(BytesIO(data)), offset, length)
    except ValueError:
        return None
