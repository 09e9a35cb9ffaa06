"""The player on the page of an article with a recording, with chapters and a transcript.

Times are links to the recording with a media fragment (`#t=90`), from which browsers play it even
without a script; with the script, they move the player.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from markupsafe import Markup

from feedsvc import html
from feedsvc.features import FileAt
from feedsvc.model import Enclosure, Entry
from feedsvc.podcast import Chapter, Episode, Transcript
from feedsvc.podcasts.media import transcripts
from feedsvc.podcasts.media.facts import MediaError
from feedsvc.podcasts.media.transcripts import TYPES, Cue
from feedsvc.podcasts.notes import clock

_PARAGRAPH = 30  # seconds
_SHOWN = 1_000_000  # bytes of a transcript on a page
_PLAYED = ("audio", "video")
_TIMED = {TYPES[".vtt"]: transcripts.cues, TYPES[".srt"]: transcripts.cues}
_TIMED[TYPES[".json"]] = transcripts.segments


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a transcript. start: None if it has no time."""

    text: str
    start: float | None = None
    speaker: str = ""

    @property
    def clock(self) -> str:
        """The start, as it is shown."""
        return clock(self.start or 0)


@dataclass(frozen=True, slots=True)
class Player:
    """The player of a page. element: `audio` or `video`. markup: of a transcript in HTML."""

    element: str
    recording: Enclosure
    chapters: tuple[tuple[str, Chapter], ...]
    tracks: tuple[Transcript, ...]
    lines: tuple[Line, ...]
    markup: Markup


def transcript(entry: Entry, file: FileAt) -> tuple[str, str] | None:
    """Return the media type and text of the first local transcript of an entry; None without one.

    file: returns the local file at a URL, if it may be served.
    """
    for each in entry.episode.transcripts if entry.episode else ():
        with suppress(OSError, MediaError):
            found = file(each.url)
            if found and found.stat().st_size <= _SHOWN:
                return each.type, transcripts.decode(found.read_bytes())
    return None


def player(entry: Entry, transcript: tuple[str, str] | None) -> Player | None:
    """Return the player of an entry; None if it has no recording.

    transcript: the media type of a transcript and its text, if there is one.
    """
    for each in entry.enclosures:
        element = each.type.partition("/")[0]
        if element in _PLAYED:
            episode = entry.episode or Episode()
            listed = [one for one in episode.chapters if one.title and not one.hidden]
            media_type, text = transcript or ("", "")
            return Player(
                element=element,
                recording=each,
                chapters=tuple((clock(one.start), one) for one in listed),
                tracks=tuple(one for one in episode.transcripts if one.type == TYPES[".vtt"]),
                lines=tuple(_lines(media_type, text)),
                markup=Markup(html.sanitise(text, _no_link))  # noqa: S704 - it is sanitised
                if media_type == TYPES[".html"]
                else Markup(),
            )
    return None


def _lines(media_type: str, text: str) -> Iterator[Line]:
    """Yield the paragraphs of a transcript that is not HTML."""
    if media_type == TYPES[".txt"]:
        paragraphs = (" ".join(each.split()) for each in text.split("\n\n"))
        yield from (Line(each) for each in paragraphs if each)
    elif media_type in _TIMED:
        try:
            yield from _joined(_TIMED[media_type](text))
        except MediaError:
            return


def _joined(cues: Iterable[Cue]) -> Iterator[Line]:
    """Yield paragraphs, each of half a minute at most of what one speaker says."""
    texts: list[str] = []
    start, speaker = 0.0, ""
    for cue in cues:
        is_other = cue.speaker not in ("", speaker)
        if texts and (is_other or cue.start >= start + _PARAGRAPH):
            yield Line(" ".join(texts), start, speaker)
            texts = []
        if not texts:
            start = cue.start
            speaker = cue.speaker or ("" if is_other else speaker)
        texts.append(cue.plain)
    if texts:
        yield Line(" ".join(texts), start, speaker)


def _no_link(reference: str) -> str:
    return reference if reference.startswith(("https://", "http://")) else ""
