"""Reads MP4 files (ISO 14496-12), and QuickTime files, which have the same structure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import unpack_from
from typing import BinaryIO

from feedsvc.podcast import Chapter
from feedsvc.podcasts.media import facts
from feedsvc.podcasts.media.facts import MAX_CHAPTERS, MAX_TITLE, Cover, Facts, MediaError

_MAX_MOVIE = 64_000_000  # bytes of `moov`
_MAX_ATOMS = 10_000
_ENCRYPTED = frozenset({b"drmi", b"drms", b"enca", b"encv"})
_TICKS = 10_000_000  # of `chpl`, per second
_AUDIO_BRANDS = (b"M4A ", b"M4B ", b"M4P ")
_NO_VIDEO = frozenset({b"jpeg", b"png ", b"mjpg"})  # pictures of chapters


@dataclass(frozen=True, slots=True)
class _Atom:
    """An atom. start: of its body; end: of the atom, which may be beyond the end of the file."""

    name: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Track:
    """A track. chapters: the ids of the tracks that describe its chapters."""

    number: int = 0
    kind: bytes = b""
    codec: bytes = b""
    scale: int = 0
    duration: int = 0
    width: int = 0
    height: int = 0
    chapters: tuple[int, ...] = ()
    table: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return self.duration / self.scale if self.scale else 0


def read(file: BinaryIO, size: int) -> Facts:
    """Read the properties of a file that begins with `ftyp`. Raises MediaError."""
    atoms = list(_atoms_of_file(file, size))
    movie = next((each for each in atoms if each.name == b"moov"), None)
    is_cut = any(each.end > size for each in atoms)
    if movie is None or movie.end > size:
        raise MediaError("is cut off: it has no complete `moov` atom, so nothing can play it")
    if movie.end - movie.start > _MAX_MOVIE:
        raise MediaError("has a `moov` atom of more than 64 MB")
    file.seek(0)
    brand = file.read(12)[8:12]
    file.seek(movie.start)
    data = file.read(movie.end - movie.start)
    tracks = [_track(data, each) for each in _atoms(data) if each.name == b"trak"]
    if any(each.codec in _ENCRYPTED for each in tracks):
        raise MediaError("is encrypted, so nobody else can play it")
    described = {number for each in tracks for number in each.chapters}
    played = [each for each in tracks if each.number not in described]
    audio = next((each for each in played if each.kind == b"soun"), None)
    video = next(
        (each for each in played if each.kind == b"vide" and each.codec not in _NO_VIDEO), None
    )
    if not audio and not video:
        raise MediaError("has neither sound nor moving pictures")
    by_number = {each.number: each for each in tracks}
    texts = [by_number[number] for number in described if number in by_number]
    chapters, doubts = _chapters(file, size, data, texts)
    seconds = _duration(data) or max(each.seconds for each in played)
    if not seconds and not _first(data, b"mvex"):  # a fragmented file may not know its duration
        raise MediaError("has a duration of 0")
    return Facts(
        type=_type(brand, video is not None),
        duration=seconds or None,
        width=(video.width or None) if video else None,
        height=(video.height or None) if video else None,
        chapters=chapters,
        cover=_cover(data, movie.start),
        doubts=(*(["is cut off at the end"] if is_cut else ()), *doubts),
    )


def _atoms_of_file(file: BinaryIO, size: int) -> Iterator[_Atom]:
    """Yield the atoms at the top level. Raises MediaError if there are too many."""
    at = 0
    for _ in range(_MAX_ATOMS):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            return
        atom = _parse(head, 0, at, size)
        if atom is None:
            return
        yield atom
        at = atom.end
        if at >= size:
            return
    raise MediaError(f"has more than {_MAX_ATOMS:,} atoms")


def _atoms(data: bytes, start: int = 0, end: int | None = None) -> Iterator[_Atom]:
    """Yield the atoms in a part of a larger one, up to the first invalid one."""
    end = len(data) if end is None else min(end, len(data))
    for _ in range(_MAX_ATOMS):
        if start + 8 > end:
            return
        atom = _parse(data, start, start, end)
        if atom is None or atom.end > end:
            return
        yield atom
        start = atom.end


def _parse(head: bytes, at: int, place: int, end: int) -> _Atom | None:
    """Parse the header of an atom; None if its size is impossible.

    at: the offset of the header in head. place: the offset of the atom. end: of its container.
    """
    length, name = unpack_from(">I4s", head, at)
    before = 8
    if length == 1:
        if at + 16 > len(head):
            return None
        length, before = unpack_from(">Q", head, at + 8)[0], 16
    elif length == 0:
        length = end - place
    return _Atom(name, place + before, place + length) if length >= before else None


def _find(data: bytes, *names: bytes) -> Iterator[bytes]:
    """Yield the bodies of the atoms at a path."""
    name, *rest = names
    for atom in _atoms(data):
        if atom.name == name:
            body = data[atom.start : atom.end]
            yield from _find(body, *rest) if rest else (body,)


def _first(data: bytes, *names: bytes) -> bytes:
    return next(_find(data, *names), b"")


def _track(data: bytes, atom: _Atom) -> _Track:
    body, track = data[atom.start : atom.end], _Track()
    head = _first(body, b"tkhd")
    long = head[:1] == b"\1"
    if len(head) >= (96 if long else 84):
        (track.number,) = unpack_from(">I", head, 20 if long else 12)
        track.width, track.height = (each >> 16 for each in unpack_from(">II", head, len(head) - 8))
    media = _first(body, b"mdia")
    track.kind = _first(media, b"hdlr")[8:12]
    track.duration, track.scale = _time(_first(media, b"mdhd"))
    table = _first(media, b"minf", b"stbl")
    track.table = {each.name: table[each.start : each.end] for each in _atoms(table)}
    track.codec = track.table.get(b"stsd", b"")[12:16]
    chapters = _first(body, b"tref", b"chap")
    track.chapters = tuple(
        int.from_bytes(chapters[at : at + 4]) for at in range(0, min(len(chapters), 64), 4)
    )
    return track


def _time(head: bytes) -> tuple[int, int]:
    """Return duration and units per second of an `mvhd` or `mdhd` atom; zeros if unknown."""
    if len(head) >= 32 and head[0] == 1:
        scale, duration = unpack_from(">IQ", head, 20)
        return (0 if duration == 2**64 - 1 else duration), scale
    if len(head) >= 20:
        scale, duration = unpack_from(">II", head, 12)
        return (0 if duration == 2**32 - 1 else duration), scale
    return 0, 0


def _duration(movie: bytes) -> float:
    """Return the seconds of the whole movie; 0 if they are unknown."""
    duration, scale = _time(_first(movie, b"mvhd"))
    fragments = _first(movie, b"mvex", b"mehd")
    if not duration and len(fragments) >= 8:
        duration = int.from_bytes(fragments[4:])
    return duration / scale if scale else 0


def _type(brand: bytes, has_video: bool) -> str:
    """Return the media type, as podcast directories name it."""
    if not has_video or brand in _AUDIO_BRANDS:
        return "audio/x-m4a"
    return {b"qt  ": "video/quicktime", b"M4V ": "video/x-m4v"}.get(brand, "video/mp4")


def _cover(movie: bytes, offset: int) -> Cover | None:
    """Return the cover in the metadata of iTunes. offset: of the movie in the file."""
    start, end = 0, len(movie)
    for name in (b"udta", b"meta", b"ilst", b"covr", b"data"):
        atom = next((each for each in _atoms(movie, start, end) if each.name == name), None)
        if atom is None:
            return None
        start, end = atom.start + (4 if name == b"meta" else 0), atom.end
    start += 8  # type and locale
    return facts.cover(
        movie[start : min(end, start + facts.PICTURE_HEAD)], offset + start, end - start
    )


def _chapters(
    file: BinaryIO, size: int, movie: bytes, texts: list[_Track]
) -> tuple[tuple[Chapter, ...], list[str]]:
    """Return the chapters of a text track, or else of `chpl`, and the defects found."""
    for track in texts:
        if track.kind in (b"text", b"sbtl"):
            try:
                return tuple(_of_track(file, size, track)), []
            except (ValueError, IndexError):
                return (), ["has a chapter track that cannot be read"]
    return tuple(_of_list(_first(movie, b"udta", b"chpl"))), []


def _of_list(body: bytes) -> Iterator[Chapter]:
    """Yield the chapters of a `chpl` atom, as Nero defined it."""
    at = 9 if body[:1] == b"\1" else 5
    for _ in range(body[at - 1] if len(body) >= at else 0):
        if at + 9 > len(body):
            return
        ticks, length = unpack_from(">QB", body, at)
        title = body[at + 9 : at + 9 + length].decode("utf-8", "replace")
        yield Chapter(start=ticks / _TICKS, title=title)
        at += 9 + length


def _of_track(file: BinaryIO, size: int, track: _Track) -> Iterator[Chapter]:
    """Yield the chapters of a text track, one for each sample. Raises ValueError, IndexError."""
    lengths, starts = _sizes(track.table), _starts(track)
    for (offset, length), start in zip(_places(track.table, lengths), starts, strict=False):
        if offset + length > size:
            raise ValueError
        file.seek(offset)
        sample = file.read(min(length, 2 + 4 * MAX_TITLE))
        text = sample[2 : 2 + int.from_bytes(sample[:2])]
        codec = "utf-16" if text[:2] in (b"\xfe\xff", b"\xff\xfe") else "utf-8"
        yield Chapter(start=start, title=text.decode(codec, "replace")[:MAX_TITLE])


def _words(body: bytes, at: int, width: int = 4) -> list[int]:
    """Return the words of a table, whose count precedes them. Raises ValueError, IndexError."""
    count = int.from_bytes(body[at - 4 : at])
    if count > 4 * MAX_CHAPTERS or at + width * count > len(body):
        raise ValueError
    return [int.from_bytes(body[at + width * n : at + width * (n + 1)]) for n in range(count)]


def _sizes(table: dict[bytes, bytes]) -> list[int]:
    body = table.get(b"stsz", b"")
    if len(body) < 12:
        raise ValueError
    same, count = unpack_from(">II", body, 4)
    if count > MAX_CHAPTERS:
        raise ValueError
    return [same] * count if same else _words(body, 12)


def _starts(track: _Track) -> Iterator[float]:
    """Yield the start of each sample in seconds."""
    at, left = 0, MAX_CHAPTERS
    for pair in _words(track.table.get(b"stts", b""), 8, 8):
        for _ in range(min(pair >> 32, left)):
            yield at / (track.scale or 1)
            at += pair & 0xFFFFFFFF
            left -= 1


def _places(table: dict[bytes, bytes], lengths: list[int]) -> Iterator[tuple[int, int]]:
    """Yield offset and length of each sample."""
    short = _words(table[b"stco"], 8) if b"stco" in table else None
    chunks = _words(table.get(b"co64", b""), 8, 8) if short is None else short
    runs = [
        (each >> 64, each >> 32 & 0xFFFFFFFF) for each in _words(table.get(b"stsc", b""), 8, 12)
    ]
    sizes = iter(lengths)
    for number, offset in enumerate(chunks, 1):
        count = next((samples for first, samples in reversed(runs) if first <= number), 0)
        for _ in range(count):
            length = next(sizes, None)
            if length is None:
                return
            yield offset, length
            offset += length
