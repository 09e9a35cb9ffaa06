"""Formats chapters for other programs: as JSON chapters, and as lines in the notes; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape

from msgspec import structs

from feedsvc.model import Entry
from feedsvc.podcast import Chapter

MEDIA_TYPE = "application/json+chapters"

_LEAST = 2  # chapter times in the notes from which on they are taken for a list of chapters


def document(title: str, chapters: Sequence[Chapter]) -> bytes:
    """Return JSON chapters (podcast namespace, jsonChapters.md). title: of the episode."""
    values = {"version": "1.2.0", "title": title, "chapters": list(map(_members, chapters))}
    return json.dumps(values, ensure_ascii=False, indent=1).encode()


def with_chapters(entry: Entry, simple: bool) -> Entry:
    """Return an entry with its chapters in the notes. simple: whether the episode keeps them."""
    episode = entry.episode
    if episode is None:
        return entry
    if entry.content is not None:
        entry = replace(entry, content=with_lines(entry.content, episode.chapters))
    return entry if simple else replace(entry, episode=structs.replace(episode, chapters=()))


def with_lines(html: str, chapters: Sequence[Chapter]) -> str:
    """Return notes that end in a line with the time of each chapter, unless they have such lines.

    Clients without support for chapters turn times in the notes into links.
    """
    listed = [each for each in chapters if each.title and not each.hidden]
    stamps = [clock(each.start) for each in listed]
    if not listed or sum(stamp in html for stamp in stamps) >= _LEAST:
        return html
    lines = (
        f"{stamp} {escape(each.title, quote=False)}"
        for stamp, each in zip(stamps, listed, strict=True)
    )
    return f"{html}\n<p>{'<br>'.join(lines)}</p>"


def clock(seconds: float) -> str:
    """Return a time as `1:02:03`, or `02:03` in the first hour."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def _members(chapter: Chapter) -> Mapping[str, object]:
    members = {
        "startTime": _number(chapter.start),
        "endTime": None if chapter.end is None else _number(chapter.end),
        "title": chapter.title or None,
        "img": chapter.image,
        "url": chapter.link,
        "toc": False if chapter.hidden else None,
    }
    return {name: value for name, value in members.items() if value is not None}


def _number(seconds: float) -> float:
    return int(seconds) if seconds == int(seconds) else round(seconds, 3)
