"""What is known of a media file."""

from dataclasses import dataclass
from io import BytesIO

from feedsvc.podcast import Chapter
from feedsvc.podcasts.artwork import Artwork, measure

MAX_CHAPTERS = 1000
PICTURE_HEAD = 262_144  # bytes that contain the header of a picture
MAX_TITLE = 1000  # characters; the rest is cut off
LONGEST = 1_000_000  # seconds that any recording lasts, twelve days


class MediaError(Exception):
    """A file is not what it should be. The message continues a sentence that begins with it."""


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
    where they are unknown. doubts: what is wrong with the file although it can be used; each
    message continues a sentence that begins with the file.
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
    """Return a cover; None if it is no JPEG or PNG picture.

    data: at least its first bytes, see PICTURE_HEAD. offset, length: where it is in the file.
    """
    try:
        return Cover(measure(BytesIO(data)), offset, length)
    except ValueError:
        return None
