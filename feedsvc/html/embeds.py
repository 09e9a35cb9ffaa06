"""Replaces embedded players by links, lazy-loading images by plain ones, and MathML by text.

Works on the tags of raw HTML, and leaves unknown ones unchanged; the result is not sanitised.
"""

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import parse_qs, urlsplit

_HINTS = (b"<iframe", b"<embed", b"<object", b"<noscript", b"data-", b"<math")
_TAG = re.compile(
    r"(?i)<(?:(?P<player>iframe|embed|object)|(?P<picture>img|source|video|audio))(?=[\s/>])"
    r"(?P<attributes>[^<>\"']*+(?:(?:\"[^\"]*\"|'[^']*')[^<>\"']*+)*+)>"
)
_ATTRIBUTE = re.compile(r"([^\s=\"'/]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))")
_NOSCRIPT = re.compile(r"(?i)</?noscript[^<>]*>")
_LAZY = {
    "src": ("data-src", "data-lazy-src", "data-original"),
    "srcset": ("data-srcset", "data-lazy-srcset"),
    "sizes": ("data-sizes", "data-lazy-sizes"),
    "poster": ("data-poster",),
}


def rewrite(html: str, resolve: Callable[[str], str]) -> str:
    """Insert a link before each player, and the real URL into each lazy-loading image.

    Formulas are reduced to their text. The sanitiser removes the players with their fallback
    content. The content of noscript is kept for feed readers, unless there are lazy-loading images,
    which it repeats.
    """
    data = html.encode().lower()  # ten times as fast as a case-insensitive regular expression
    if not any(map(data.__contains__, _HINTS)):
        return html
    lazy = 0

    def replace(tag: re.Match[str]) -> str:
        nonlocal lazy
        values = {
            name.lower(): unescape(double or single or bare)
            for name, double, single, bare in reversed(_ATTRIBUTE.findall(tag["attributes"]))
        }
        if tag["player"]:
            return _player(tag, values, resolve)
        real = _plain_attributes(values)
        lazy += "src" in real
        # HTML uses the first of duplicate attributes.
        added = "".join(f' {name}="{escape(value)}"' for name, value in real.items())
        return f"<{tag['picture']}{added} {tag['attributes']}>"

    html = _without_mathml(_TAG.sub(replace, html))
    return html if lazy else _NOSCRIPT.sub("", html)


_MATH_END = re.compile(r"(?i)</math\s*>")
_MATH_START = re.compile(r"(?i)<math(?=[\s>])[^<>]*>")
_ANY_TAG = re.compile(r"(<[^<>]*>)")
# KaTeX repeats the formula as HTML that needs no MathML.
_SHOWN_AGAIN = '</span><span class="katex-html"'


def _without_mathml(html: str) -> str:
    """Replace each formula by its TeX source, if it includes it, else by its text."""
    *formulas, rest = _MATH_END.split(html)
    pieces = []
    for index, formula in enumerate(formulas):
        start = _MATH_START.search(formula)
        if not start:  # an end tag without a start tag
            pieces.append(formula)
            continue
        following = formulas[index + 1] if index + 1 < len(formulas) else rest
        pieces.append(formula[: start.start()])
        if not following.startswith(_SHOWN_AGAIN):
            pieces.append(_formula(formula[start.end() :]))
    return "".join((*pieces, rest))


def _formula(mathml: str) -> str:
    """Return the TeX source in the content of a formula, else its text without annotations."""
    text, tex, annotation = [], "", ""
    for piece in _ANY_TAG.split(mathml):
        tag = piece.lower()
        if tag.startswith("<annotation"):
            annotation = tag
        elif tag.startswith("</annotation"):
            annotation = ""
        elif piece.startswith("<") and piece.endswith(">"):
            continue
        elif not annotation:
            text.append(piece)
        elif "tex" in annotation:
            tex += piece
    return " ".join((tex or "".join(text)).split())


def _plain_attributes(values: dict[str, str]) -> dict[str, str]:
    plain = {}
    for name, names in _LAZY.items():
        value = next((values[lazy] for lazy in names if values.get(lazy)), "")
        if value and value != "auto":
            plain[name] = value
    return plain


def _player(tag: re.Match[str], values: dict[str, str], resolve: Callable[[str], str]) -> str:
    name = tag["player"].lower()
    source = values.get("data" if name == "object" else "src") or values.get("data-src", "")
    if not source and name == "object":
        return ""  # its content is the fallback
    # HTML ignores the slash of `<iframe/>`: the sanitiser would drop the rest of the text.
    end = f"</{name}>" if tag["attributes"].endswith("/") else ""
    url = resolve(_watch_page(source.strip())) if source else ""
    if not url.lower().startswith(("http://", "https://")):
        return tag[0] + end
    text = values.get("title", "").strip() or url
    return f'<p><a href="{escape(url)}">{escape(text)}</a></p>{tag[0]}{end}'


_YOUTUBE = re.compile(r"(?:www\.|m\.)?youtube(?:-nocookie)?\.com")


def _watch_page(url: str) -> str:
    """Return the page of an embedded YouTube or Vimeo video; any other URL unchanged."""
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
    except ValueError:
        return url
    host, folders = (parts.hostname or ""), parts.path.strip("/").split("/")
    if _YOUTUBE.fullmatch(host) and len(folders) == 2 and folders[0] in {"embed", "v"}:
        if folders[1] == "videoseries" and "list" in query:
            return f"https://www.youtube.com/playlist?list={query['list'][0]}"
        start = f"&t={query['start'][0]}s" if "start" in query else ""
        return f"https://www.youtube.com/watch?v={folders[1]}{start}"
    if host == "player.vimeo.com" and len(folders) == 2 and folders[0] == "video":
        unlisted = f"/{query['h'][0]}" if "h" in query else ""
        return f"https://vimeo.com/{folders[1]}{unlisted}"
    return url
