"""Attribute lists of kramdown in rendered Markdown, and `markdown="1"` in its source.

CommonMark knows neither: an attribute list is text in its output, `<p>text\n{: #note}</p>`, and the
content of an HTML block with `markdown="1"` is not parsed.
"""

import re
from html import escape, unescape

# Fenced code, which is skipped, or the start tag of an HTML block.
_BLOCK = re.compile(
    r"(?ms)^ {0,3}(?P<fence>`{3,}|~{3,})[^\n]*$.*?(?:^ {0,3}(?P=fence)|\Z)"
    r"|^(?P<start> {0,3}<[A-Za-z][^<>\n]*?)[ \t]+markdown=[\"']?(?P<value>\w+)[\"']?"
    r"(?P<rest>[^<>\n]*>)(?P<summary>[ \t]*<summary>[^\n]*</summary>)?"
)
_PARSED = frozenset({"1", "block"})


def open_blocks(markdown: str) -> str:
    """Make CommonMark parse the content of HTML blocks with `markdown="1"`, by an empty line."""
    if "markdown=" not in markdown:
        return markdown

    def replace(block: re.Match[str]) -> str:
        if block["fence"]:
            return block[0]
        tag = block["start"] + block["rest"] + (block["summary"] or "")
        return f"{tag}\n\n" if block["value"] in _PARSED else tag

    return _BLOCK.sub(replace, markdown)


# Code, which is skipped; kramdown's mark for a table of contents, or a table's attribute list that
# was rendered as its last row, which are removed; or an attribute list: `{: ...}` or, at the end of
# a heading, also `{#...}`.
_PIECE = re.compile(
    r"(?s)<(?P<code>pre|code|script|style)\b.*?</(?P=code)>"
    r"|(?P<removed><(?P<kind>[uo]l)>\n<li>[^\n<]*\n\{:[ ]?toc\}</li>\n</(?P=kind)>\n?"
    r"|<tr>\n<td[^>]*>\{:[^{}\n]*\}</td>\n(?:<td[^>]*></td>\n)*</tr>\n)"
    r"|\{:(?!:)(?P<list>[^{}\n]*)\}|\{(?P<heading>[#.][^{}\n]*)\}(?=</h[1-6]>)"
)
_ATTRIBUTE = re.compile(r"#([^\s#.={}\"']+)|\.([\w-]+)|([\w:-]+)=(?:\"([^\"]*)\"|'([^']*)')")
_SPAN = re.compile(r"</(a|abbr|code|del|em|q|span|strong|sub|sup)>|<(img)\b[^<>]*>")
_START = re.compile(r"<(?:p|li|t[dh]|dd)>\Z")
_REACH = 4_000  # characters before a list in which its element may start
_PRECEDING = re.compile(r"</(h[1-6]|pre|p|table)>\n\Z")


def apply_lists(html: str) -> str:
    """Give the elements of rendered Markdown the attributes of the lists that follow them.

    A list follows a span immediately, or stands on a line of its own before, in or after a block.
    All others are text. Lists of other elements than spans, paragraphs, headings, code blocks and
    tables are removed.
    """
    if "{:" not in html and "{#" not in html and "{." not in html:
        return html
    pieces, end = [], 0
    before = ""  # the text before a list that may still get attributes
    for piece in _PIECE.finditer(html):
        if piece["code"]:
            continue
        before += html[end : piece.start()]
        end = piece.end()
        if len(before) > _REACH:
            pieces.append(before[:-_REACH])
            before = before[-_REACH:]
        if piece["removed"]:
            continue
        if before.endswith("<p>") and html.startswith("</p>\n", end):
            before, end = before.removesuffix("<p>"), end + len("</p>\n")
            preceding = _PRECEDING.search(before[-12:])
            name = preceding[1] if preceding else ""
        elif (found := _element(before, html[end : end + 4])) is None:
            before += piece[0]
            continue
        else:
            name, before = found, before.rstrip(" \n")
        before = _with_attributes(before, name, unescape(piece["heading"] or piece["list"]))
    return "".join((*pieces, before, html[end:]))


def _element(before: str, after: str) -> str | None:
    """Return the element that a list between two texts belongs to; None if it is text."""
    if span := _SPAN.fullmatch(before[before.rfind("<") :]):
        return span[1] or span[2]
    if after.startswith("</h"):
        return after[2:]
    if after.startswith("</"):
        return "p" if before.endswith("\n") or _START.search(before[-4:]) else None
    return "p" if after.startswith("\n") and before.endswith(("<p>", "\n")) else None


def _with_attributes(html: str, name: str, written: str) -> str:
    """Add the attributes of a list to the last element with a name, if it is open or just ended.

    name: '' for an element that takes none.
    """
    start = html.rfind(f"<{name}") if name else -1
    if start < 0 or f"</{name}>\n<" in html[start:]:
        return html
    values: dict[str, list[str]] = {}
    for id_, class_, key, double, single in _ATTRIBUTE.findall(written):
        key = "id" if id_ else "class" if class_ else key
        values.setdefault(key, []).append(id_ or class_ or double or single)
    added = "".join(f' {key}="{escape(" ".join(each))}"' for key, each in values.items())
    at = start + 1 + len(name)
    return html[:at] + added + html[at:]
