"""Replaces Hugo's shortcodes with links, images, code or their inner text; runs none."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import escape
from posixpath import splitext
from typing import NamedTuple

from feedsvc.sources.generators.convention import File, Links, code_block

_OPENING = re.compile(r"\{\{([<%])")
_ARGUMENT = re.compile(r'(?:([\w-]++)=)?("(?:\\.|[^"\\])*+"|`[^`]*+`|[^\s"`]++)')
_DEEPEST = 50


class _Code(NamedTuple):
    """A shortcode, from start to end. closes: it ends a pair. written: its source."""

    start: int
    end: int
    name: str
    arguments: str
    closes: bool
    written: str


def reduce(file: File, body: str, links: Links, root: str = "") -> str:
    """Return Markdown or HTML without shortcodes. root: the folder of the file's language."""
    if "{{<" not in body and "{{%" not in body:
        return body
    codes = list(_codes(body))
    paired = _pairs(codes)
    frames: list[list[str]] = [[]]
    position = 0
    for index, code in enumerate(codes):
        frames[-1].append(body[position : code.start])
        position = code.end
        if index not in paired:
            frames[-1].append("" if code.closes else _single(file, code, links, root))
        elif not code.closes:
            frames.append([])
        else:
            inner = "".join(frames.pop())
            frames[-1].append(_paired(codes[paired[index]], inner))
    return "".join(frames[-1]) + body[position:]


def _codes(body: str) -> Iterator[_Code]:
    position = 0
    while opening := _OPENING.search(body, position):
        close = ">}}" if opening[1] == "<" else "%}}"
        end = body.find(close, opening.end())
        if end < 0:
            return
        position = end + 3
        inner = body[opening.end() : end].strip()
        written = body[opening.start() : position]
        if inner.startswith("/*"):  # a shortcode that is shown, not run
            inner = inner.removeprefix("/*").removesuffix("*/").strip()
            written = f"{opening[0]} {inner} {close}"
            yield _Code(opening.start(), position, "/*", "", False, written)
            continue
        closes = inner.startswith("/")
        name, _, arguments = inner.strip("/ \n").replace("\n", " ").partition(" ")
        yield _Code(opening.start(), position, name, arguments, closes, written)


def _pairs(codes: list[_Code]) -> dict[int, int]:
    """Return, for the index of each shortcode of a pair, the index of the other."""
    found: dict[int, int] = {}
    opened: list[int] = []
    names: Counter[str] = Counter()
    for index, code in enumerate(codes):
        if not code.closes:
            opened.append(index)
            names[code.name] += 1
            continue
        while names[code.name]:
            last = opened.pop()
            names[codes[last].name] -= 1
            if codes[last].name == code.name:
                found |= {index: last, last: index}
                break
    return _shallow(found)


def _shallow(pairs: dict[int, int]) -> dict[int, int]:
    """Return the pairs that are not nested too deeply."""
    kept, depth = {}, 0
    for index in sorted(pairs):
        other = pairs[index]
        depth += other > index
        if depth <= _DEEPEST:
            kept[index] = other
        depth -= other < index
    return kept


def _values(arguments: str) -> Mapping[str, str]:
    """Return named arguments by name, and the others by position."""
    found, place = {}, 0
    for name, value in _ARGUMENT.findall(arguments):
        key = name or str(place)
        place += not name
        quoted = value[:1] in {'"', "`"}
        found[key] = value[1:-1].replace('\\"', '"') if quoted else value
    return found


_EMBEDS = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "vimeo_simple": "https://vimeo.com/{}",
    "instagram": "https://www.instagram.com/p/{}/",
    "instagram_simple": "https://www.instagram.com/p/{}/",
}
_TWEETS = frozenset({"tweet", "twitter", "twitter_simple", "x", "x_simple"})


def _single(file: File, code: _Code, links: Links, root: str) -> str:
    values = _values(code.arguments)
    first = values.get("0") or values.get("id") or ""
    name = code.name.lower()
    if name == "/*":
        return code.written
    if name in {"ref", "relref"}:
        return _ref(file, code, values.get("path") or first, links, root)
    if name == "figure":
        return _figure(values)
    if name in _EMBEDS and first:
        return _link(_EMBEDS[name].format(first))
    if name in _TWEETS and first:
        user, number = values.get("user") or "i", values.get("id") or first
        return _link(f"https://twitter.com/{user}/status/{number}")
    if name == "gist" and first:
        return _link(f"https://gist.github.com/{first}/{values.get('1', '')}")
    links.left_out(code.written, code.name)
    return ""


def _paired(code: _Code, inner: str) -> str:
    if code.name.lower() == "highlight":
        return code_block(_values(code.arguments).get("0", ""), inner)
    if code.name.lower() == "figure":
        return _figure(_values(code.arguments)) + inner
    return inner


def _link(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url)}</a>'


def _figure(values: Mapping[str, str]) -> str:
    source = escape(values.get("src") or values.get("0") or "")
    text = escape(values.get("alt") or values.get("caption") or values.get("title") or "")
    image = f'<img src="{source}" alt="{text}">'
    if values.get("link"):
        image = f'<a href="{escape(values["link"])}">{image}</a>'
    texts = (values.get("title"), values.get("caption"), values.get("attr"))
    caption = escape(" ".join(each for each in texts if each))
    return f"<figure>{image}{caption and f'<figcaption>{caption}</figcaption>'}</figure>"


def _ref(file: File, code: _Code, target: str, links: Links, root: str) -> str:
    path, mark, fragment = target.partition("#")
    if not path:
        return mark + fragment
    url = _find(file, path, links, root)
    return url + mark + fragment if url else links.unresolved(code.written, target)


def _find(file: File, path: str, links: Links, root: str) -> str | None:
    """Return the URL of a page as `ref` does: relative to the file, to the top, or by its name."""
    for place in (file.beside(path), file.beside(f"/{root}/{path}")):
        for name in (place, f"{place}.md", f"{place}/index.md"):
            if url := links.to(name):
                return url
    return links.by_tail(splitext(path.strip("/"))[0], lambda each: each.removesuffix("/index"))
