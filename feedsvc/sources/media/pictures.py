"""Reads type and size of a picture from its header, without decoding it; pure."""

from struct import unpack_from

from feedsvc.sources.media.facts import Picture

HEAD = 65_536  # bytes that contain the header of nearly all pictures

_SOF = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # JPEG: start of frame
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def measure(head: bytes) -> Picture | None:
    """Return what the first bytes of a picture say; None if they are not a picture's."""
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) >= 26:
        width, height = unpack_from(">II", head, 16)
        return _picture("image/png", width, height, head[25] in (2, 3, 6))
    if head.startswith(b"\xff\xd8\xff"):
        return _jpeg(head)
    if head[:6] in (b"GIF87a", b"GIF89a") and len(head) >= 10:
        return _picture("image/gif", *unpack_from("<HH", head, 6))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and len(head) >= 30:
        return _webp(head)
    return None


def _jpeg(head: bytes) -> Picture | None:
    at = 2
    while at + 10 <= len(head):
        marker = head[at + 1]
        if head[at] != 0xFF:
            return None
        if marker == 0xFF:  # padding
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        elif marker in _SOF:
            height, width, components = unpack_from(">HHB", head, at + 5)
            return _picture("image/jpeg", width, height, components == 3)
        else:
            at += 2 + max(2, int.from_bytes(head[at + 2 : at + 4]))
    return None


def _webp(head: bytes) -> Picture | None:
    kind = head[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (each & 0x3FFF for each in unpack_from("<HH", head, 26))
    else:
        return None
    return _picture("image/webp", width, height)


def _picture(media_type: str, width: int, height: int, is_rgb: bool = True) -> Picture | None:
    return Picture(media_type, width, height, is_rgb) if width and height else None
