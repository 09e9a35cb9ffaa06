"""Reads chapters in the formats that authors and programs use; pure.

- JSON chapters (https://github.com/Podcastindex-org/podcast-namespace/blob/main/chapters)
- Podlove Simple Chapters (https://podlove.org/simple-chapters/)
- a text with a time and a title on each line, as in `00:01:30.000 Title <https://example.org>`
- a list in front matter, of such lines or of tables
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from feedsvc import html
from feedsvc.podcast import Chapter
from feedsvc.podcasts.media.facts import LONGEST, MAX_CHAPTERS, MAX_TITLE, MediaError

MAX_SIZE = 1_000_000  # bytes of a file with chapters
KEYS = ("start", "title", "end", "link", "image", "hidden")

_OVERLAP = 0.05  # seconds; programs round
_TIME = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,7}(?:[.,]\d{1,6})?)s?")
_CLOCK = re.compile(r"\[?\(?([\d:.,]+)\)?\]?(?!\S)")
_LINK = re.compile(r"[^\s<>]+>")
_PSC = "{http://podlove.org/simple-chapters}"


def seconds(text: str) -> float:
    """Return the seconds of a time such as `1:02:03.5`, `62:03` or `3723`. Raises MediaError."""
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise MediaError(f"has the time {text[:30]!r}; write it as 1:02:03 or 62:03")
    hours, minutes, rest = match.groups()
    found = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(rest.replace(",", "."))
    if found > LONGEST:
        raise MediaError(f"has the time {text[:30]!r}, which is later than any recording lasts")
    return found


def from_items(items: Iterable[Any]) -> list[Chapter]:
    """Return the chapters of a list in front matter. Raises MediaError."""
    return [
        _from_table(each) if isinstance(each, dict) else _from_line(str(each)) for each in items
    ]


def from_file(name: str, content: bytes) -> list[Chapter]:
    """Return the chapters in a file. name: determines the format. Raises MediaError."""
    if len(content) > MAX_SIZE:
        raise MediaError(f"has {len(content) / 1e6:.0f} MB, and the limit for chapters is 1 MB")
    lower = name.lower()
    if lower.endswith((".psc", ".xml")):
        return _from_psc(content)
    try:
        text = html.xml_safe(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise MediaError("is not UTF-8 text; save it as UTF-8") from None
    if lower.endswith(".json"):
        return _from_json(text)
    return [_from_line(line) for line in text.splitlines() if line.strip()]


def checked(chapters: Iterable[Chapter], duration: float | None = None) -> tuple[Chapter, ...]:
    """Return the chapters; raise MediaError if they are invalid. duration: of the recording."""
    found = tuple(chapters)
    if len(found) > MAX_CHAPTERS:
        raise MediaError(f"has more than {MAX_CHAPTERS:,} chapters")
    for chapter, following in pairwise(found):
        title = following.title[:40]
        if following.start <= chapter.start:
            raise MediaError(
                f"has the chapter {title!r} before or at the start of the one before it"
            )
        if chapter.end is not None and chapter.end > following.start + _OVERLAP:
            raise MediaError(f"has the chapter {title!r} begin before the end of the one before it")
    for chapter in found:
        title = chapter.title[:40]
        if chapter.end is not None and chapter.end <= chapter.start:
            raise MediaError(f"has the chapter {title!r} end before it begins")
        if duration and chapter.start >= duration:
            raise MediaError(f"has the chapter {title!r} begin after the end of the recording")
    return found


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of the properties of a chapter in one format."""

    start: str
    title: str
    end: str
    link: str
    image: str


_JSON = _Names("startTime", "title", "endTime", "url", "img")
_FRONT = _Names("start", "title", "end", "link", "image")


def _chapter(values: Mapping[str, Any], names: _Names, hidden: bool) -> Chapter:
    def text(name: str) -> str:
        value = values.get(name)
        return " ".join(html.xml_safe(value).split()) if isinstance(value, str) else ""

    def time(name: str) -> float | None:
        value = values.get(name)
        if value is None or value == "":
            return None
        return seconds(f"{value:f}" if isinstance(value, float) else str(value))

    start = time(names.start)
    if start is None:
        raise MediaError(f"has a chapter without `{names.start}`; write its time")
    return Chapter(
        start=start,
        title=text(names.title)[:MAX_TITLE],
        end=time(names.end),
        link=text(names.link) or None,
        image=text(names.image) or None,
        hidden=hidden,
    )


def _from_table(table: Mapping[str, Any]) -> Chapter:
    if unknown := sorted(table.keys() - set(KEYS)):
        raise MediaError(f"has a chapter with `{unknown[0]}`; it may have {', '.join(KEYS)}")
    hidden = str(table.get("hidden", "")).lower() in ("true", "yes")
    return _chapter(table, _FRONT, hidden)


def _from_line(line: str) -> Chapter:
    line = " ".join(line.split())
    match = _CLOCK.match(line)
    if not match:
        raise MediaError(f"has the chapter {line[:40]!r}; write a time and a title: 01:30 Title")
    title = line[match.end() :].removeprefix(" -").strip()
    before, _, end = title.rpartition("<")
    link = end[:-1] if _LINK.fullmatch(end) else None
    title = before.rstrip() if link else title
    return Chapter(start=seconds(match[1]), title=title[:MAX_TITLE], link=link)


def _from_json(text: str) -> list[Chapter]:
    try:
        items = [dict(each) for each in json.loads(text)["chapters"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MediaError("is not JSON with a list `chapters`") from None
    return [_chapter(each, _JSON, each.get("toc") is False) for each in items]


def _from_psc(content: bytes) -> list[Chapter]:
    from lxml import etree  # imported lazily: it takes 30 ms, and reading processes rarely need it

    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise MediaError("is not XML with Podlove Simple Chapters") from None
    names = _Names("start", "title", "end", "href", "image")
    found = (dict(each.attrib) for each in root.iter(f"{_PSC}chapter"))
    return [
        _chapter({str(key): str(value) for key, value in each.items()}, names, False)
        for each in found
    ]
