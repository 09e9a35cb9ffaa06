"""Functions that generators share, for values, names with dates, and path patterns. Pure."""

import re
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any


def words(value: Any, separator: str | None = None) -> list[Any]:
    """Return a value as a list; a text is split at white space, or at the separator."""
    if isinstance(value, str):
        return [word for each in value.split(separator) if (word := each.strip())]
    if isinstance(value, list):
        return value
    return [] if value is None or value == {} else [value]


def split_date(stem: str) -> tuple[str, str]:
    """Split `2022-02-17-title` into the date, '' if there is none, and the rest."""
    match = _DATED.match(stem)
    if not match:
        return "", stem
    year, month, day = match[1].split("-")
    return f"{year}-{month:0>2}-{day:0>2}", stem[match.end() :]


_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def rolled_over(day: str) -> str:
    """Convert a day that does not exist to a date, as JavaScript and Ruby do.

    2024-09-31 is 2024-10-01. Other texts are returned unchanged.
    """
    match = _DAY.fullmatch(day)
    if not match:
        return day
    year, month, number = map(int, match.groups())
    with suppress(ValueError, OverflowError):
        return str(date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1) + timedelta(number - 1))
    return day


def date_parts(moment: datetime) -> dict[str, str]:
    """Return the parts of a date by their names in permalink patterns."""
    return {
        "year": f"{moment:%Y}",
        "month": f"{moment:%m}",
        "i_month": str(moment.month),
        "day": f"{moment:%d}",
        "i_day": str(moment.day),
        "hour": f"{moment:%H}",
        "minute": f"{moment:%M}",
        "second": f"{moment:%S}",
    }


_DATED = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[-_]")
_PUNCTUATION = re.compile(r"[^\w\- ]")


def github_slug(text: str) -> str:
    """Return a text as GitHub writes anchors: lower case, hyphens, no punctuation."""
    return _PUNCTUATION.sub("", text.lower().strip()).replace(" ", "-")


_MAX_STARS = 6
_GLOB = re.compile(r"\*\*/|\*\*|\*|\?|\{[^{}/]*\}|\[[^\[\]/]+\]|[^*?]")


def glob(pattern: str) -> re.Pattern[str] | None:
    """Return a regular expression for a glob with `**` and `{a,b}`; None if it is too complex."""
    if pattern.count("*") > _MAX_STARS:
        return None
    parts = (_glob_part(part[0]) for part in _GLOB.finditer(pattern))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:  # a range like [b-a]
        return None


def _glob_part(part: str) -> str:
    known = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if part[0] == "{" and part[1:]:
        return f"(?:{'|'.join(map(re.escape, part[1:-1].split(',')))})"
    if part[0] == "[" and part[1:]:
        members = re.escape(part[1:-1].lstrip("!^")).replace(r"\-", "-")
        members = members.replace("--", r"-\-")  # `re` warns of two hyphens
        return f"[{'^' if part[1] in '!^' else ''}{members}]"
    return known.get(part, re.escape(part))


_LONGEST_PATTERN = 200
_MOST_LOOPS = 3
_MOST_BRANCHES = 10
_CHARACTERS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|:))?")
_WILD = re.compile(r"\)[*+{]|<\?")
_LOOP = re.compile(r"[*+]|\{[0-9]*,[0-9]*\}")


def is_tame(pattern: str) -> bool:
    """Return whether a pattern is simple enough to match any path fast."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    form = _GROUP.sub("<", _CHARACTERS.sub("x", pattern))
    branches = form.count("?") + form.count("|")
    return (
        not _WILD.search(form)
        and len(_LOOP.findall(form)) <= _MOST_LOOPS
        and branches <= _MOST_BRANCHES
    )
