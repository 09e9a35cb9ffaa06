"""Replaces Liquid, and Nunjucks where its syntax is the same, with text; runs nothing."""

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from feedsvc.sources.generators.convention import File, Links, code_block

_OPENING = re.compile(r"\{[%{]")
_FILTERED = re.compile(r"""["']([^"']*)["']\s*\|\s*(?:relative_url|absolute_url|url)""")
_STRING = re.compile(r"""["']([^"'|]*)["']""")
# Tags whose content, up to the end tag, is not Liquid.
_BLOCKS = frozenset({"raw", "verbatim", "highlight", "comment"})
_BEFORE = 200  # characters


class Tag(NamedTuple):
    """A tag or an output. name: '' for an output. written: its source. before: the end of the text
    before it.
    """

    name: str
    arguments: str
    written: str
    before: str


Reduce = Callable[[Tag], str | None]  # returns None for an unknown tag


def reduce(file: File, body: str, links: Links, more: Reduce) -> str:
    """Return Markdown or HTML without Liquid. more: replaces the tags of one generator."""
    if "{%" not in body and "{{" not in body:
        return body
    found: list[str] = []
    position = 0
    while opening := _OPENING.search(body, position):
        end = body.find("%}" if opening[0] == "{%" else "}}", opening.end())
        if end < 0:
            break
        found.append(body[position : opening.start()])
        start = opening.start()
        before = body[max(0, start - _BEFORE) : start]
        tag = _tag(opening[0], body[start : end + 2], before)
        position = end + 2
        if tag.name in _BLOCKS:
            inner, position = _inside(tag.name, body, position)
            found.append(_block(tag, inner))
            continue
        reduced = more(tag)
        if reduced is None:
            reduced = _common(file, tag)
        if reduced is None:
            links.left_out(tag.written, tag.name or tag.arguments)
        found.append(reduced or "")
    return "".join(found) + body[position:]


def _tag(opening: str, written: str, before: str) -> Tag:
    inner = " ".join(written[2:-2].strip("-").split())
    name, _, arguments = inner.partition(" ")
    if opening == "{%":
        return Tag(name, arguments, written, before)
    return Tag("", inner, written, before)


def _inside(name: str, body: str, position: int) -> tuple[str, int]:
    """Return the text up to the end tag, or all of it without one, and the position after it."""
    end = re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}").search(body, position)
    return (body[position : end.start()], end.end()) if end else (body[position:], len(body))


def _block(tag: Tag, inner: str) -> str:
    if tag.name == "comment":
        return ""
    if tag.name == "highlight":
        return code_block(tag.arguments.partition(" ")[0], inner)
    return inner


def _common(file: File, tag: Tag) -> str | None:
    """Replace outputs of the site's address, of literals and of the title."""
    if tag.name.startswith("end"):
        return ""  # the end of a tag that was already reported
    if tag.name:
        return None
    prefix = urlsplit(file.base_url).path.rstrip("/")
    if tag.arguments == "site.baseurl":
        return prefix
    if tag.arguments == "site.url":
        return file.base_url.removesuffix(prefix)
    if filtered := _FILTERED.fullmatch(tag.arguments):
        path = filtered[1]
        return f"{prefix}/{path.lstrip('/')}" if "://" not in path else path
    if literal := _STRING.fullmatch(tag.arguments):
        return literal[1]
    if tag.arguments in {"page.title", "title"}:
        return file.text("title") or None
    site, _, key = tag.arguments.partition(".")
    return file.option(key.lower()) or None if site == "site" else None
