"""Creates small media files: a few frames or atoms with the relevant headers, without sound."""

from collections.abc import Sequence
from struct import pack

# MPEG 1 layer 3, 44,100 Hz, mono: 26.1 ms for each frame.
SECONDS = 1152 / 44_100
_RATES = {32: 1, 64: 5, 128: 9}  # kbit/s
_CHAPTER = ">IIII"


def frame(rate: int = 64, body: bytes = b"") -> bytes:
    """Return an MP3 frame. rate: kbit/s. body: at its start, after the side information."""
    length = 144 * rate * 1000 // 44_100
    head = bytes((0xFF, 0xFB, _RATES[rate] << 4, 0xC0))
    return (head + bytes(17) + body).ljust(length, b"\0")


def xing(frames: int, size: int, delays: int = 0) -> bytes:
    """Return a frame with a Xing header. delays: total samples of silence that LAME added."""
    lame = b"LAME3.100".ljust(21, b"\0") + (delays << 12).to_bytes(3)
    return frame(128, b"Xing" + pack(">III", 3, frames, size) + lame)


def mp3(frames: int = 20, rate: int = 64) -> bytes:
    """Return an MP3 file without any header."""
    return frame(rate) * frames


def vbri(frames: int, size: int) -> bytes:
    """Return a frame with a VBRI header."""
    return frame(128, bytes(15) + b"VBRI" + pack(">HHHII", 1, 0, 0, size, frames))


def id3_frame(name: bytes, body: bytes) -> bytes:
    """Return a frame of ID3v2.4."""
    return name + _synchsafe(len(body)) + b"\0\0" + body


def id3(*frames: bytes, length: int | None = None) -> bytes:
    """Return an ID3v2.4 tag. length: a false length for the header."""
    body = b"".join(frames)
    return b"ID3\4\0\0" + _synchsafe(len(body) if length is None else length) + body


def chap(start: float, end: float, title: str, url: str = "") -> bytes:
    """Return an ID3 frame with a chapter."""
    parts = id3_frame(b"TIT2", b"\3" + title.encode())
    if url:
        parts += id3_frame(b"WXXX", b"\0\0" + url.encode())
    times = pack(_CHAPTER, round(start * 1000), round(end * 1000), 0xFFFFFFFF, 0xFFFFFFFF)
    return id3_frame(b"CHAP", b"ch\0" + times + parts)


def png(width: int, height: int) -> bytes:
    """Return the header of an RGB picture."""
    return b"\x89PNG\r\n\x1a\n" + pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0)


def apic(picture: bytes) -> bytes:
    """Return an ID3 frame with a cover."""
    return id3_frame(b"APIC", b"\3image/png\0\3\0" + picture)


def atom(name: bytes, *parts: bytes, size: int | None = None) -> bytes:
    """Return an MP4 atom. size: a false size for the header."""
    body = b"".join(parts)
    return pack(">I4s", len(body) + 8 if size is None else size, name) + body


def full(name: bytes, *parts: bytes) -> bytes:
    """Return an atom with version and flags."""
    return atom(name, bytes(4), *parts)


def track(
    number: int,
    kind: bytes,
    codec: bytes,
    seconds: float = 0,
    size: tuple[int, int] = (0, 0),
    more: bytes = b"",
    table: bytes = b"",
) -> bytes:
    """Return a track. more: atoms beside its media; table: of samples."""
    width, height = size
    head = pack(">IIIII", 0, 0, number, 0, 0).ljust(72, b"\0") + pack(
        ">II", width << 16, height << 16
    )
    media = full(b"mdhd", pack(">IIIII", 0, 0, 1000, round(seconds * 1000), 0))
    handler = full(b"hdlr", bytes(4), kind, bytes(13))
    description = full(b"stsd", pack(">I", 1), atom(codec, bytes(28)))
    info = atom(b"minf", atom(b"stbl", description, table))
    return atom(b"trak", full(b"tkhd", head), more, atom(b"mdia", media, handler, info))


def mp4(
    *tracks: bytes,
    seconds: float = 12.5,
    brand: bytes = b"M4A ",
    udta: bytes = b"",
    data: bytes = b"\0" * 64,
) -> bytes:
    """Return a file whose sound is `data`; by default one with an audio track."""
    head = full(b"mvhd", pack(">IIII", 0, 0, 1000, round(seconds * 1000)), bytes(80))
    inside = tracks or (track(1, b"soun", b"mp4a", seconds),)
    return (
        atom(b"ftyp", brand, bytes(4))
        + atom(b"mdat", data)
        + atom(b"moov", head, *inside, atom(b"udta", udta) if udta else b"")
    )


def chpl(chapters: Sequence[tuple[float, str]]) -> bytes:
    """Return chapters in Nero's format."""
    items = [
        pack(">QB", round(start * 10_000_000), len(title.encode())) + title.encode()
        for start, title in chapters
    ]
    return atom(b"chpl", b"\1\0\0\0", bytes(4), bytes((len(chapters),)), *items)


def chapter_track(number: int, titles: Sequence[str], seconds: float, offset: int) -> bytes:
    """Return a text track with chapters of some seconds each; see `chapter_texts`."""
    sizes = [len(title.encode()) + 2 for title in titles]
    table = (
        full(b"stts", pack(">III", 1, len(titles), round(seconds * 1000)))
        + full(b"stsz", pack(">II", 0, len(titles)), *(pack(">I", each) for each in sizes))
        + full(b"stsc", pack(">IIII", 1, 1, len(titles), 1))
        + full(b"stco", pack(">II", 1, offset))
    )
    return track(number, b"text", b"text", seconds * len(titles), table=table)


def chapter_texts(titles: Sequence[str]) -> bytes:
    """Return the samples of a text track."""
    return b"".join(pack(">H", len(title.encode())) + title.encode() for title in titles)


def cover(picture: bytes) -> bytes:
    """Return the atoms of a cover, within `udta`."""
    data = atom(b"data", pack(">II", 14, 0), picture)
    return full(b"meta", atom(b"ilst", atom(b"covr", data)))


def wav(seconds: float = 2) -> bytes:
    """Return silence of 8 bits at 1,000 Hz."""
    samples = bytes(round(seconds * 1000))
    head = pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 1000, 1000, 1, 8)
    body = head + pack("<4sI", b"data", len(samples)) + samples
    return pack("<4sI4s", b"RIFF", len(body) + 4, b"WAVE") + body


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
