"""How deeply HTML nests, before it is parsed: parsers take the square of it. Changes nothing.

An estimate in one pass that is never too low by much: where a parser might keep an element open,
it counts as open. Elements that close themselves, as paragraphs and items do, may lack their ends.
"""

import re
from collections.abc import Mapping
from html import escape, unescape

from feedsvc.html.text import names

DEEPEST = 500
# Where a parser may see other tags than are seen here, the number of all tags is bounded.
MOST_DOUBTFUL = 10_000
_DOUBTFUL = re.compile(
    r"(?i)<(?:iframe|math|no(?:embed|frames|script)|plaintext|script|select|style|svg|template"
    r"|textarea|title|xmp)"
)
# Comments and tags as HTML's tokeniser has them. Nothing in it backs up, nor fails once begun.
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
# What an end tag closes besides its own element, and what the next one of a kind closes before it.
_ENDS: Mapping[str, frozenset[str]] = (
    dict.fromkeys(names(_OF_BLOCKS), _OPTIONAL)
    | dict.fromkeys(names("dd dt li td th"), names("p"))
    | {"tr": _CELLS, "tbody": _ROWS, "tfoot": _ROWS, "thead": _ROWS}
)
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


def is_too_deep(html: str) -> bool:
    """Tell whether raw HTML nests more deeply than anything written for people does."""
    if html.count("<") <= DEEPEST:  # as almost all of them
        return False
    if html.count("<") > MOST_DOUBTFUL and _DOUBTFUL.search(html):
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
        if len(opened) > DEEPEST:
            return True
    return False


def _cut(opened: list[str], closed: frozenset[str], over: frozenset[str]) -> None:
    """Close the innermost of some elements, if only what may lack its end stands within it."""
    for at in range(len(opened) - 1, -1, -1):
        if opened[at] in closed:
            del opened[at:]
            return
        if opened[at] not in over:
            return


def without_tags(html: str) -> str:
    """Return the text of raw HTML, escaped, on one line: safe, whatever it held."""
    return escape(" ".join(unescape(_TOKEN.sub(" ", html)).split()), quote=False)
