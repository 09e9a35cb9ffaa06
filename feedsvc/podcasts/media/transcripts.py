"""Recognises transcripts, and reads the cues of SubRip and WebVTT files; pure."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from feedsvc import html
from feedsvc.podcasts.media.facts import MediaError

MAX_SIZE = 10_000_000  # bytes
# The type of each ending (https://podcasting2.org/docs/podcast-namespace/tags/transcript).
TYPES = {
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".json": "application/json",
    ".html": "text/html",
    ".txt": "text/plain",
}
VTT = ".vtt"  # added to the URL of a SubRip file, gives the URL of its WebVTT version

_STAMP = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"{_STAMP}[ \t]*-->[ \t]*{_STAMP}(?:[ \t].*)?")
_TAG = re.compile(r"</?\w[^<>]*>|\{\\[^{}]*\}")
_KEPT = re.compile(r"</?[biu]>")
_SPEAKER = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]+)>")
_LONGEST = 10_000  # characters of a cue
_BLANK = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@dataclass(frozen=True, slots=True)
class Cue:
    """A part of a transcript. start, end: seconds. text: with markup as in its file."""

    start: float
    end: float
    text: str

    @property
    def speaker(self) -> str:
        """The name in a voice tag; '' if there is none."""
        match = _SPEAKER.search(self.text)
        return " ".join(match[1].split()) if match else ""

    @property
    def plain(self) -> str:
        """The text on one line, without markup."""
        return " ".join(_TAG.sub("", self.text).split())


def type_of(name: str) -> str:
    """Return the media type of a transcript. Raises MediaError for another ending."""
    lower = name.lower()
    for ending, media_type in TYPES.items():
        if lower.endswith(ending):
            return media_type
    raise MediaError(f"is no transcript that is known: its name ends in none of {', '.join(TYPES)}")


def check(media_type: str, content: bytes) -> None:
    """Raise MediaError if a file is not a transcript of its type."""
    text = decode(content)
    if not text.strip():
        raise MediaError("is empty")
    if media_type == TYPES[".vtt"] and not re.match(r"WEBVTT(?:\s|$)", text):
        raise MediaError("is not WebVTT: its first line is not WEBVTT")
    if media_type in (TYPES[".vtt"], TYPES[".srt"]) and not next(cues(text), None):
        raise MediaError("has no line with times, such as 00:01:02,000 --> 00:01:04,500")
    if media_type == TYPES[".json"]:
        next(segments(text), None)


def decode(content: bytes) -> str:
    """Return the text of a transcript, with LF line endings. Raises MediaError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MediaError("is not UTF-8 text; save it as UTF-8") from None
    return html.xml_safe(text.replace("\r\n", "\n").replace("\r", "\n"))


def cues(text: str) -> Iterator[Cue]:
    """Yield the cues of a SubRip or WebVTT file. Blocks without times are ignored."""
    for block in _BLANK.split(text):
        lines = block.strip().split("\n")
        for at, line in enumerate(lines[:2]):
            if match := _TIMING.fullmatch(line.strip()):
                start, end = _seconds(match.groups()[:4]), _seconds(match.groups()[4:])
                said = "\n".join(lines[at + 1 :]).strip()[:_LONGEST]
                if said and start < end:
                    yield Cue(start, end, said)
                break


def segments(text: str) -> Iterator[Cue]:
    """Yield the segments of a JSON transcript, with their speakers. Raises MediaError."""
    try:
        yield from map(_segment, json.loads(text)["segments"])
    except (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError):
        raise MediaError("is not JSON with a list `segments` of startTime and body") from None


def _segment(values: Mapping[str, Any]) -> Cue:
    start, said = float(values["startTime"]), str(values["body"])[:_LONGEST]
    end = float(values.get("endTime", start))
    if not 0 <= start <= end < math.inf:
        raise ValueError
    voice = f"<v {values['speaker']}>" if values.get("speaker") else ""
    return Cue(start, end, html.xml_safe(voice + said))


def webvtt(text: str) -> str:
    """Return a SubRip file as WebVTT (https://www.w3.org/TR/webvtt1/)."""
    blocks = [
        f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{_as_webvtt(cue.text)}" for cue in cues(text)
    ]
    return "\n\n".join(("WEBVTT", *blocks)) + "\n"


def _as_webvtt(text: str) -> str:
    """Keep bold, italic and underlined text; remove other tags."""
    kept, last = [], 0
    for match in _TAG.finditer(text):
        tag = match[0].lower()
        kept += [
            escape(text[last : match.start()], quote=False),
            tag if _KEPT.fullmatch(tag) else "",
        ]
        last = match.end()
    return "".join([*kept, escape(text[last:], quote=False)])


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, whole, fraction = parts
    return (
        3600 * int(hours or 0)
        + 60 * int(minutes or 0)
        + int(whole or 0)
        + int((fraction or "0").ljust(3, "0")) / 1000
    )


def _stamp(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
