"""Slugs and patterns of Pelican."""

import re
import unicodedata

from feedsvc.errors import ArticleError
from feedsvc.extras import how_to_install
from feedsvc.sources.generators.patterns import is_tame

_TYPOGRAPHIC = re.compile(r"[\u2010-\u2015\u2018-\u201f\u2026\u00a0]")


def slugify(text: str) -> str:
    """Return the slug that Pelican derives from a text; a library transliterates other scripts."""
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
    except ImportError as error:
        command = how_to_install("pelican", error)
        message = (
            f"needs Unidecode for the slug of {text[:40]!r}; install it with {command}, or write a "
            "`slug`"
        )
        raise ArticleError("unreadable", message) from None
    return str(unidecode(text))


def matched(pattern: str, text: str) -> dict[str, str]:
    """Return the named groups of a pattern in a text; none if matching could take long."""
    if not pattern or not is_tame(pattern):
        return {}
    try:
        match = re.match(pattern, text)
    except re.error:
        return {}
    found = match.groupdict() if match else {}
    return {key.lower(): value for key, value in found.items() if value}
