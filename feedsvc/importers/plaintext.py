"""Reads an article that was saved as text: title, crumbs, paragraphs, headings, and its day.

Takes a text for what stands in it: what the title, the category and the day are must follow from
the lines, and where it does not, the article is a draft.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import PurePath

from feedsvc import dates, html
from feedsvc.errors import Problem
from feedsvc.importers import evidence
from feedsvc.importers.item import Ending, Hints, Item, Reading

_HOME = {"home page": "en", "homepage": "en", "home": "en", "accueil": "fr"}
_SEPARATOR = re.compile(r"\s+[>›»]\s+")
_WRAPPED_AT = 100  # characters; the lines of a text that is wrapped are shorter
_LONGEST_HEADING = 80
_ENDS_A_SENTENCE = tuple(".!,;:…»”\"')")
_LONGEST_DATE_LINE = 80
_DATE_LABEL = re.compile(
    r"(?i)^(?:(?:published|posted|first published|date|publie|publié|mis en ligne)"
    r"(?: on| le)?|le)\s*:?\s+"
)
_NAMED_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")


def read(source: str, text: str, hints: Hints) -> Reading:
    """Yield the one item of a text, or why there is none.

    source: its path, whose name may begin with or hold a date like 2022-02-17.
    """
    lines = [" ".join(line.split()) for line in html.xml_safe(text).splitlines()]
    first = next((number for number, line in enumerate(lines) if line), None)
    if first is None:
        yield Problem(source, 0, "empty-source", "is empty; there is nothing to import")
        return
    title, crumbs, language, at = _head(lines, first)
    stated, at = _date_line(lines, at, hints)
    dating = evidence.find("\n".join(lines[at:]))
    body = "\n\n".join(_markdown(lines[at:]))
    day = midnight(dating.day, hints) if dating.day else None
    published = hints.date or date_in_name(source, hints) or stated or day
    candidates = () if published else tuple(midnight(each, hints) for each in dating.candidates)
    yield Item(
        source=source,
        line=first + 1,
        number=1,
        id="",
        seed="\n".join([title, body]),
        title=title,
        published=published or next(iter(candidates), None),
        body=body,
        ending=Ending.MARKDOWN,
        categories=hints.categories or crumbs,
        language=hints.language or language or dating.language,
        candidates=candidates,
        draft=not published,
    )


def escape(text: str) -> str:
    """Return one line of text as Markdown that shows it as it is."""
    escaped = re.sub(r"[\\`*_\[\]~]|<(?=[A-Za-z/!?])|&(?=#?\w+;)", r"\\\g<0>", text)
    return re.sub(r"^(?:([#=+:>-])|(\d+)([.)]))", _escape_start, escaped)


def _escape_start(match: re.Match[str]) -> str:
    return f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}"


def _head(lines: list[str], first: int) -> tuple[str, tuple[str, ...], str, int]:
    """Return title, crumbs, the language of the crumbs, and the index of the line behind them.

    Crumbs are known by the title: it stands behind them, and once more alone on the next line.
    """
    line = lines[first]
    second = next((at for at in range(first + 1, len(lines)) if lines[at]), len(lines))
    title = lines[second] if second < len(lines) else ""
    words, own = line.split(), title.split()
    if own and [_key(word) for word in words[-len(own) :]] == [_key(word) for word in own]:
        return title, *_crumbs(" ".join(words[: -len(own)])), second + 1
    parts = _SEPARATOR.split(line)
    if len(parts) > 1 and _key(parts[0]) in _HOME:
        return parts[-1], *_crumbs(" > ".join(parts[:-1])), first + 1
    return line, (), "", first + 1


def _key(word: str) -> str:
    """Return what two writings of one word have in common."""
    return word.replace("’", "'").casefold()


def _crumbs(text: str) -> tuple[tuple[str, ...], str]:
    """Return the category that crumbs name, and their language.

    Without separators, nobody can tell `World` `Africa` from `Middle East`: they are one label.
    """
    parts = [part for part in _SEPARATOR.split(text.strip(" >›»")) if part]
    if not parts:
        return (), ""
    for home, language in _HOME.items():
        rest = parts[0][len(home) :]
        if _key(parts[0]).startswith(home) and rest[:1] in {"", " "}:
            label = parts[-1] if len(parts) > 1 else rest.strip()
            return ((label,) if label else ()), language
    return (parts[-1],), ""


def _date_line(lines: list[str], at: int, hints: Hints) -> tuple[datetime | None, int]:
    """Return the date that stands alone on the next line, and the index behind it."""
    following = next((index for index in range(at, len(lines)) if lines[index]), None)
    if following is None or len(lines[following]) > _LONGEST_DATE_LINE:
        return None, at
    line = _DATE_LABEL.sub("", lines[following])
    try:
        return dates.parse(line, hints.zone, hints.zones), following + 1
    except dates.DateError:
        day = evidence.date_line(line)
        return (midnight(day, hints), following + 1) if day else (None, at)


def date_in_name(source: str, hints: Hints) -> datetime | None:
    """Return the date that a file's name holds, as in `2022-02-17-mali.txt`."""
    found = _NAMED_DATE.search(PurePath(source).name)
    try:
        day = date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:  # there is no such day
        return None
    return midnight(day, hints) if day else None


def midnight(day: date, hints: Hints) -> datetime:
    """Return the beginning of a day in the site's zone."""
    return dates.parse(day, hints.zone, {})


def _markdown(lines: list[str]) -> Iterator[str]:
    """Yield each paragraph and heading as Markdown. A short line alone heads a paragraph."""
    paragraphs = list(_paragraphs(lines))
    for number, (text, alone) in enumerate(paragraphs):
        following = paragraphs[number + 1 : number + 2]
        heads = alone and _is_heading(text) and following
        yield f"## {escape(text)}" if heads and not _is_heading(following[0][0]) else escape(text)


def _is_heading(text: str) -> bool:
    return (
        len(text) <= _LONGEST_HEADING
        and not text.endswith(_ENDS_A_SENTENCE)
        and any(each.isalpha() for each in text)
    )


def _paragraphs(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Yield each paragraph, and whether it is one line of its own.

    A text with empty lines and no long ones is wrapped: its paragraphs are what lies between empty
    lines. In any other, each line is a paragraph.
    """
    text = "\n".join(lines).strip("\n")
    wrapped = "\n\n" in text and max(map(len, lines), default=0) <= _WRAPPED_AT
    for block in re.split(r"\n{2,}" if wrapped else r"\n+", text):
        if block:
            yield block.replace("\n", " "), "\n" not in block
