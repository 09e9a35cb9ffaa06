"""Estimates the nesting depth of HTML before it is parsed, as parsing takes quadratic time.

The estimate takes one pass and errs on the high side: an element that a parser might keep open
counts as open. Paragraphs, items and the like may lack end tags.
"""

import re
from collections.abc import Mapping
from html import escape, unescape

from feedsvc.html.text import names

MAX_DEPTH = 500
# A limit on all tags, for text in which a parser may recognise different tags than _TOKEN.
MAX_AMBIGUOUS = 10_000
_AMBIGUOUS = re.compile(
    r"(?i)<(?:iframe|math|no(?:embed|frames|script)|plaintext|script|select|style|svg|template"
    r"|textarea|title|xmp)"
)
# Comments and tags as in the HTML tokeniser; written to match without backtracking.
_TOKEN = re.compile(
    r"<!--(?:-?>|(?s:.*?)(?:--!?>|\Z))|<[!?][^>]*+>?|</(?![A-Za-z])[^>]*+>?"
    r"|<(?P<end>/?)(?P<name>[A-Za-z][^\t\n\f\r />]*+)"
    r"(?:[\t\n\f\r /]++|[^\t\n\f\r />][^\t\n\f\r />=]*+"
    r"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >\"'][^\t\n\f\r >]*+)?)?+"
    r")*+>?"
)
_VOID = names("area base br col embed hr img input link meta param source track wbr")
_CELLS = names("p td th")
_ROWS = names("p td th tr")
_OPTIONAL = names("dd dt li option p td th tr")
_OF_BLOCKS = (
    "address article aside blockquote center details div dl figcaption figure footer header main "
    "nav ol section summary table ul"
)
# The open elements that an end tag closes implicitly.
_ENDS: Mapping[str, frozenset[str]] = (
    dict.fromkeys(names(_OF_BLOCKS), _OPTIONAL)
    | dict.fromkeys(names("dd dt li td th"), names("p"))
    | {"tr": _CELLS, "tbody": _ROWS, "tfoot": _ROWS, "thead": _ROWS}
)
# The elements that a start tag closes, and those that may be open within them.
_NEXT: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "dd": (names("dd dt"), names("p")),
    "dt": (names("dd dt"), names("p")),
    "li": (names("li"), names("p")),
    "option": (names("option"), frozenset()),
    "p": (names("p"), frozenset()),
    "td": (names("td th"), names("p")),
    "th": (names("td th"), names("p")),
    "tr": (names("tr"), _CELLS),
}


_SVG = re.compile(r"(?i)<svg(?=[\s/>])")
_SVG_END = re.compile(r"(?i)</svg\s*>")


def shallow(html: str) -> tuple[str, str]:
    """Return raw HTML that can be parsed in reasonable time, and the name of what was removed.

    Usually that is ''. HTML that nests too deeply loses its inline SVG, which is not published
    anyway, or, if that is not enough, all of its tags.
    """
    if not is_too_deep(html):
        return html, ""
    rest = _without_svg(html)
    if not is_too_deep(rest):
        return rest, "inline SVG"
    return without_tags(rest), "all markup"


def _without_svg(html: str) -> str:
    found, position = [], 0
    for start in _SVG.finditer(html):
        if start.start() < position:
            continue
        end = _SVG_END.search(html, start.end())
        if not end:
            break
        found.append(html[position : start.start()])
        position = end.end()
    return "".join(found) + html[position:]


def is_too_deep(html: str) -> bool:
    """Return whether raw HTML nests more deeply than any genuine text."""
    if html.count("<") <= MAX_DEPTH:  # the common case
        return False
    if html.count("<") > MAX_AMBIGUOUS and _AMBIGUOUS.search(html):
        return True
    opened: list[str] = []
    for token in _TOKEN.finditer(html):
        name = (token["name"] or "").lower()
        if not name or name in _VOID:
            continue
        if token["end"]:
            _cut(opened, frozenset({name}), _ENDS.get(name, frozenset()))
            continue
        if name in _NEXT:
            _cut(opened, *_NEXT[name])
        opened.append(name)
        if len(opened) > MAX_DEPTH:
            return True
    return False


def _cut(opened: list[str], closed: frozenset[str], over: frozenset[str]) -> None:
    """Close the innermost of some elements, if all elements within it may lack end tags."""
    for at in range(len(opened) - 1, -1, -1):
        if opened[at] in closed:
            del opened[at:]
            return
        if opened[at] not in over:
            return


def without_tags(html: str) -> str:
    """Return the text of any raw HTML on one line, escaped and safe."""
    return escape(" ".join(unescape(_TOKEN.sub(" ", html)).split()), quote=False)
