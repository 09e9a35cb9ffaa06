"""Measures JPEG and PNG pictures by their headers, without decoding them."""

from typing import BinaryIO, NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_PNG_GRAY = (0, 4)  # colour types (PNG 11.2.1)
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF markers (ITU-T T.81 B.1.1.3)
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_COLOURS = 3  # components of RGB and YCbCr; CMYK has four, grey one
_MOST = 1_000  # segments before the frame, and fill bytes before a segment
ENDINGS = {"JPEG": (".jpg", ".jpeg"), "PNG": (".png",)}


class Artwork(NamedTuple):
    """A picture. format: `JPEG` or `PNG`. is_rgb: neither grey nor CMYK."""

    format: str
    width: int
    height: int
    is_rgb: bool


def measure(file: BinaryIO) -> Artwork:
    """Return the format and size of a picture. Raises ValueError if it is neither JPEG nor PNG."""
    start = file.read(26)
    if start.startswith(_PNG) and start[12:16] == b"IHDR" and len(start) == 26:
        width, height = int.from_bytes(start[16:20]), int.from_bytes(start[20:24])
        return Artwork("PNG", width, height, start[25] not in _PNG_GRAY)
    if start.startswith(_JPEG):
        file.seek(len(_JPEG))
        return _jpeg(file)
    raise ValueError("is neither a JPEG nor a PNG picture")


def _jpeg(file: BinaryIO) -> Artwork:
    for _ in range(_MOST):
        mark, kind = file.read(1), file.read(1)
        for _ in range(_MOST):
            if kind != b"\xff":  # a fill byte
                break
            kind = file.read(1)
        if mark != b"\xff" or not kind:
            break
        if kind[0] in _BARE:
            continue
        length = int.from_bytes(file.read(2))
        if kind[0] in _FRAMES:
            frame = file.read(6)
            if len(frame) < 6:
                break
            height, width = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5])
            return Artwork("JPEG", width, height, frame[5] == _COLOURS)
        if length < 2:
            break
        file.seek(length - 2, 1)
    raise ValueError("is a JPEG picture without a readable header")
