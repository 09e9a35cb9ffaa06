"""Slugs and patterns of Pelican."""

import re
import unicodedata

from feedsvc.errors import ArticleError

_TYPOGRAPHIC = re.compile(r"[\u2010-\u2015\u2018-\u201f\u2026\u00a0]")


def slugify(text: str) -> str:
    """Return a text as a slug of Pelican, which transliterates other scripts with a library."""
    text = unicodedata.normalize("NFKC", re.sub(r"<[^<>]*>", "", text))
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    if not _TYPOGRAPHIC.sub("", plain).isascii():
        plain = _transliterated(text)
    plain = re.sub(r"[^\w\s-]", "", plain.encode("ascii", "ignore").decode())
    return re.sub(r"[-\s]+", "-", plain.strip()).lower()


def _transliterated(text: str) -> str:
    try:
        from unidecode import unidecode
    except ImportError:
        message = (
            f"needs Unidecode for the slug of {text[:40]!r}; "
            "install feedsvc[pelican], or write a `slug`"
        )
        raise ArticleError("unreadable", message) from None
    return str(unidecode(text))


def matched(pattern: str, text: str) -> dict[str, str]:
    """Return the named groups of a pattern in a text; nothing if it could take long."""
    if not pattern or not is_tame(pattern):
        return {}
    try:
        match = re.match(pattern, text)
    except re.error:
        return {}
    found = match.groupdict() if match else {}
    return {key.lower(): value for key, value in found.items() if value}


_LONGEST_PATTERN = 200
_MOST_LOOPS = 3
_MOST_BRANCHES = 10
_CHARACTERS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|:))?")
_WILD = re.compile(r"\)[*+{]|<\?")
_LOOP = re.compile(r"[*+]|\{[0-9]*,[0-9]*\}")


def is_tame(pattern: str) -> bool:
    """Return whether a pattern is so simple that matching any file name is fast."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    form = _GROUP.sub("<", _CHARACTERS.sub("x", pattern))
    branches = form.count("?") + form.count("|")
    return (
        not _WILD.search(form)
        and len(_LOOP.findall(form)) <= _MOST_LOOPS
        and branches <= _MOST_BRANCHES
    )
