"""Reads an article that was saved as plain text: title, breadcrumbs, paragraphs, headings and date.

Everything is derived from the lines themselves. Where they are ambiguous, the article is a draft.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import PurePath

from feedsvc import dates, html
from feedsvc.errors import Problem
from feedsvc.importers import evidence
from feedsvc.importers.item import FileType, Hints, Item, Origin, ParseResults

_HOME = {"home page": "en", "homepage": "en", "home": "en", "accueil": "fr"}
_SEPARATOR = re.compile(r"\s+[>›»]\s+")
_WRAP_WIDTH = 100  # characters; in wrapped texts, all lines are shorter
_MAX_HEADING = 80  # characters
_SENTENCE_ENDS = tuple(".!,;:…»”\"')")
_MAX_DATE_LINE = 80  # characters
_DATE_LABEL = re.compile(
    r"(?i)^(?:(?:published|posted|first published|date|publie|publié|mis en ligne)"
    r"(?: on| le)?|le)\s*:?\s+"
)
_DATE_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")


def read(source: str, text: str, hints: Hints) -> ParseResults:
    """Yield the only item of a text, or a Problem.

    source: its path; its file name may contain a date like 2022-02-17.
    """
    lines = [" ".join(line.split()) for line in html.xml_safe(text).splitlines()]
    first = _next_line(lines, 0)
    if first is None:
        yield Problem(source, 0, "empty-source", "is empty; there is nothing to import")
        return
    title, categories, language, at = _head(lines, first)
    stated, at = _date_line(lines, at, hints)
    dating = evidence.find("\n".join(lines[at:]))
    body = "\n\n".join(_markdown(lines[at:]))
    day = midnight(dating.day, hints) if dating.day else None
    published = hints.date or date_in_name(source, hints) or stated or day
    candidates = () if published else tuple(midnight(each, hints) for each in dating.candidates)
    yield Item(
        Origin(source, first + 1, 1),
        id="",
        seed="\n".join([title, body]),
        title=title,
        published=published or next(iter(candidates), None),
        body=body,
        file_type=FileType.MARKDOWN,
        categories=hints.categories or categories,
        language=hints.language or language or dating.language,
        candidates=candidates,
        draft=not published,
    )


# The last two lines keep bare URLs and email addresses from becoming links, in which a backslash
# would be part of the URL.
_SPECIAL = re.compile(
    r"[\\`*_\[\]~]|<(?=[A-Za-z/!?])|&(?=#?\w+;)"
    r"|:(?=//)|(?<=www)\.|@"
)


def escape(text: str) -> str:
    """Return a line of plain text escaped for Markdown."""
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    return re.sub(r"^(?:([#=+:>-])|(\d+)([.)]))", _escape_start, escaped)


def _escape_start(match: re.Match[str]) -> str:
    return f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}"


def _next_line(lines: list[str], start: int) -> int | None:
    """Return the index of the next line that is not empty."""
    return next((index for index in range(start, len(lines)) if lines[index]), None)


def _head(lines: list[str], first: int) -> tuple[str, tuple[str, ...], str, int]:
    """Return the title, the category, the language, and the index of the line after them.

    Breadcrumbs on the first line are recognised by the title, which follows them and is repeated
    alone on the next line.
    """
    line = lines[first]
    second = _next_line(lines, first + 1)
    if second is not None:
        words, title_words = line.split(), lines[second].split()
        if [*map(_fold, words[-len(title_words) :])] == [*map(_fold, title_words)]:
            breadcrumbs = " ".join(words[: -len(title_words)])
            return lines[second], *_category(breadcrumbs), second + 1
    parts = _SEPARATOR.split(line)
    if len(parts) > 1 and _fold(parts[0]) in _HOME:
        return parts[-1], *_category(" > ".join(parts[:-1])), first + 1
    return line, (), "", first + 1


def _fold(word: str) -> str:
    return word.replace("’", "'").casefold()


def _category(breadcrumbs: str) -> tuple[tuple[str, ...], str]:
    """Return the category in breadcrumbs, and their language.

    Without separators, `World` `Africa` looks like `Middle East`: everything is one label.
    """
    parts = [part for part in _SEPARATOR.split(breadcrumbs.strip(" >›»")) if part]
    if not parts:
        return (), ""
    for home, language in _HOME.items():
        rest = parts[0][len(home) :]
        if _fold(parts[0]).startswith(home) and rest[:1] in {"", " "}:
            label = parts[-1] if len(parts) > 1 else rest.strip()
            return ((label,) if label else ()), language
    return (parts[-1],), ""


def _date_line(lines: list[str], at: int, hints: Hints) -> tuple[datetime | None, int]:
    """Return the date if the next line consists of one, and the index of the line after it."""
    following = _next_line(lines, at)
    if following is None or len(lines[following]) > _MAX_DATE_LINE:
        return None, at
    line = _DATE_LABEL.sub("", lines[following])
    try:
        return dates.parse(line, hints.zone, hints.zones), following + 1
    except dates.DateError:
        day = evidence.date_line(line)
        return (midnight(day, hints), following + 1) if day else (None, at)


def date_in_name(source: str, hints: Hints) -> datetime | None:
    """Return the date in a file name such as `2022-02-17-mali.txt`."""
    match = _DATE_IN_NAME.search(PurePath(source).name)
    try:
        return midnight(date(*map(int, match.group(1, 3, 4))), hints) if match else None
    except ValueError:  # not a valid date
        return None


def midnight(day: date, hints: Hints) -> datetime:
    """Return the beginning of a day in the site's time zone."""
    return dates.parse(day, hints.zone, {})


def _markdown(lines: list[str]) -> Iterator[str]:
    """Yield paragraphs as Markdown. A short line before a paragraph is a heading."""
    paragraphs = list(_paragraphs(lines))
    for index, (text, is_line) in enumerate(paragraphs):
        following = paragraphs[index + 1 : index + 2]
        is_heading = is_line and _is_short(text) and following and not _is_short(following[0][0])
        yield f"## {escape(text)}" if is_heading else escape(text)


def _is_short(text: str) -> bool:
    """Return whether a text could be a heading."""
    return (
        len(text) <= _MAX_HEADING
        and not text.endswith(_SENTENCE_ENDS)
        and any(char.isalpha() for char in text)
    )


def _paragraphs(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each paragraph, and whether it is a single line.

    A text with empty lines and without long lines is wrapped: empty lines separate its paragraphs.
    In any other text, each line is a paragraph.
    """
    text = "\n".join(lines).strip("\n")
    is_wrapped = "\n\n" in text and max(map(len, lines), default=0) <= _WRAP_WIDTH
    for block in re.split(r"\n{2,}" if is_wrapped else r"\n+", text):
        if block:
            yield block.replace("\n", " "), "\n" not in block
