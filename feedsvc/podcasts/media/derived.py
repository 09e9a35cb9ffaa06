"""Files that are derived from local ones, at the path of the original with an ending added.

- `a.srt.vtt`: the SubRip transcript `a.srt` as WebVTT, the only format that browsers show
- `a.mp3.cover.jpg`, `a.mp3.cover.png`: the picture within the recording `a.mp3`
- `a.md.chapters.json`: the chapters of the article `a.md`; made by `Podcasts.make`
"""

from pathlib import Path

from feedsvc.podcasts.media import transcripts
from feedsvc.podcasts.media.facts import Cover, MediaError
from feedsvc.podcasts.media.probe import ENDINGS, probed
from feedsvc.sources.states import state

CHAPTERS = ".chapters.json"

_SRT, _VTT = ".srt", ".vtt"
_COVERS = {"JPEG": ".cover.jpg", "PNG": ".cover.png"}


def webvtt_name(path: str) -> str:
    """Return the name of the WebVTT version of a SubRip file."""
    return path + _VTT


def cover_name(path: str, cover: Cover) -> str:
    """Return the name of the picture within a recording."""
    return path + _COVERS[cover.picture.format]


def original(path: str) -> str | None:
    """Return the name of the original of a WebVTT file or picture; None for other files."""
    before = path.removesuffix(_VTT)
    if before != path and before.lower().endswith(_SRT):
        return before
    for ending in _COVERS.values():
        before = path.removesuffix(ending)
        if before != path and before.lower().endswith(ENDINGS):
            return before
    return None


def derive(path: str, file: Path) -> tuple[bytes, str] | None:
    """Return a derived file and its media type; None if it cannot be derived from the original.

    file: the original.
    """
    try:
        if path.endswith(_VTT):
            text = transcripts.decode(file.read_bytes())
            return transcripts.webvtt(text).encode(), f"{transcripts.TYPES[_VTT]}; charset=utf-8"
        found = probed(str(file), state(file.stat()))  # clients ask for a cover again and again
        cover = None if isinstance(found, str) else found.cover
        if cover is None or cover_name("", cover) != path.removeprefix(original(path) or ""):
            return None
        with file.open("rb") as source:
            source.seek(cover.offset)
            return source.read(cover.length), f"image/{cover.picture.format.lower()}"
    except (MediaError, OSError):
        return None
