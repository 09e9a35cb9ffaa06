"""Reads the duration of MPEG audio (MP3).

A Xing, Info or VBRI header announces the duration. In files without one, each frame has to be
visited; an estimate from the first bit rate may be five times too long.
"""

import mmap
from dataclasses import dataclass
from functools import lru_cache
from struct import unpack_from
from typing import BinaryIO

_SEARCHED = 262_144  # bytes before the first frame
_MAX_GAPS = 1000  # places without a frame after which the rest is ignored
_MAX_GAP = 1_000_000  # bytes
_CUT = 0.98  # of the bytes that the header announces
_ENCODERS = (b"LAME", b"Lavf", b"Lavc")  # those that record how much silence they added

# ISO 11172-3 2.4.2.3 and ISO 13818-3: kbit/s by version and layer.
_RATES_1 = {
    1: (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
_LOW = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES_2 = {1: (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256), 2: _LOW, 3: _LOW}
_SAMPLES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


@dataclass(frozen=True, slots=True)
class _Header:
    """A frame header. version: 3 for MPEG 1, 2 for MPEG 2, 0 for 2.5. length: bytes."""

    version: int
    layer: int
    sampling: int
    samples: int
    length: int
    is_mono: bool


@dataclass(frozen=True, slots=True)
class _Announced:
    """The totals in the first frame. length: bytes. skipped: samples of silence."""

    frames: int
    length: int
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Stream:
    """MPEG audio. seconds: its duration. layer: 3 for MP3. is_cut: whether it is truncated."""

    seconds: float
    layer: int
    is_cut: bool = False


def read(file: BinaryIO, start: int, size: int) -> Stream | None:
    """Read the audio of a file from an offset; None if there is none. size: of the file."""
    if size - start < 48:
        return None
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = _first(data, start, size)
        if at is None:
            return None
        header = _parse(data, at)
        if header is None:
            return None
        announced = _announced(data, at, header)
        if announced and announced.length <= (size - at) / _CUT:
            samples = announced.frames * header.samples - announced.skipped
            return Stream(max(0, samples) / header.sampling, header.layer)
        if announced:
            at += header.length  # the frame of the Xing header is silent
        frames, end = _walk(data, at, size, _lengths(header.version, header.layer, header.sampling))
    if not announced and frames < 2:
        return None
    is_cut = end > size or announced is not None
    return Stream(frames * header.samples / header.sampling, header.layer, is_cut)


def _parse(data: mmap.mmap | bytes, at: int) -> _Header | None:
    """Parse the header at an offset; None if there is none, or one of free format."""
    one, two, three = data[at + 1], data[at + 2], data[at + 3]
    version, layer = one >> 3 & 3, 4 - (one >> 1 & 3)
    rate, sampling = two >> 4, two >> 2 & 3
    if data[at] != 0xFF or one < 0xE0 or version == 1 or layer == 4:
        return None
    if rate in (0, 15) or sampling == 3:
        return None
    bits = (_RATES_1 if version == 3 else _RATES_2)[layer][rate - 1] * 1000
    hertz = _SAMPLES[version][sampling]
    padding = two >> 1 & 1
    if layer == 1:
        return _Header(version, 1, hertz, 384, (12 * bits // hertz + padding) * 4, three >= 0xC0)
    samples = 576 if layer == 3 and version != 3 else 1152
    return _Header(
        version, layer, hertz, samples, samples // 8 * bits // hertz + padding, three >= 0xC0
    )


@lru_cache(16)
def _lengths(version: int, layer: int, sampling: int) -> list[int]:
    """Return the lengths of frames, indexed by the second and third byte of their headers.

    The length is 0 for frames with another version, layer or sampling rate.
    """
    lengths = [0] * 65_536
    first = 0xE0 | version << 3 | 4 - layer << 1
    for two_bytes in (first << 8 | last_bits for last_bits in range(512)):  # with and without CRC
        header = _parse(bytes((0xFF, two_bytes >> 8, two_bytes & 0xFF, 0)), 0)
        if header and header.sampling == sampling:
            lengths[two_bytes] = header.length
    return lengths


def _first(data: mmap.mmap, start: int, size: int) -> int | None:
    """Return the offset of the first frame that is followed by another one, or ends the file."""
    at = start
    for _ in range(_MAX_GAPS):
        at = data.find(b"\xff", at, min(size - 4, start + _SEARCHED))
        if at < 0:
            return None
        header = _parse(data, at)
        if header:
            following = at + header.length
            if following + 4 > size:
                return at
            other = _parse(data, following)
            if other and (other.version, other.layer) == (header.version, header.layer):
                return at
        at += 1
    return None


def _walk(data: mmap.mmap, at: int, size: int, lengths: list[int]) -> tuple[int, int]:
    """Return the number of frames, and the offset at which the last one ends."""
    frames, gaps, last = 0, 0, size - 4
    end = at
    while at <= last:
        length = lengths[data[at + 1] << 8 | data[at + 2]] if data[at] == 0xFF else 0
        if length:
            frames += 1
            at += length
            end = at
            continue
        gaps += 1
        found = _next(data, at + 1, last, lengths) if gaps < _MAX_GAPS else None
        if found is None:
            break
        at = found
    return frames, end


def _next(data: mmap.mmap, at: int, last: int, lengths: list[int]) -> int | None:
    """Return the offset of the next frame that is followed by another one."""
    stop = min(last, at + _MAX_GAP)
    for _ in range(_MAX_GAPS):
        at = data.find(b"\xff", at, stop)
        if at < 0:
            return None
        length = lengths[data[at + 1] << 8 | data[at + 2]]
        after = at + length
        is_followed = length and after <= last and data[after] == 0xFF
        if is_followed and lengths[data[after + 1] << 8 | data[after + 2]]:
            return at
        at += 1
    return None


def _announced(data: mmap.mmap, at: int, header: _Header) -> _Announced | None:
    """Return the totals in a Xing, Info or VBRI header of the first frame; None without one."""
    side = {(3, False): 32, (3, True): 17, (2, True): 9, (0, True): 9}.get(
        (header.version, header.is_mono), 17
    )
    xing, vbri = data[at + 4 + side : at + side + 164], data[at + 36 : at + 54]
    if xing[:4] in (b"Xing", b"Info") and len(xing) >= 16 and xing[7] & 3 == 3:
        frames, length = unpack_from(">II", xing, 8)
        lame = xing[16 + (100 if xing[7] & 4 else 0) + (4 if xing[7] & 8 else 0) :]
        delays = int.from_bytes(lame[21:24]) if lame[:4] in _ENCODERS else 0
        return _Announced(frames, length, (delays >> 12) + (delays & 0xFFF)) if frames else None
    if vbri[:4] == b"VBRI" and len(vbri) == 18:
        length, frames = unpack_from(">II", vbri, 10)
        return _Announced(frames, length) if frames else None
    return None
