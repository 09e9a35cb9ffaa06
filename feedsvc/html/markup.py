"""Converts Markdown to raw HTML, and extracts title and teaser; the result is not sanitised."""

import re

from comrak import ExtensionOptions, RenderOptions, render_markdown

from feedsvc.html import attributes
from feedsvc.html.cleaner import sanitise
from feedsvc.html.text import plain, xml_safe


def _extensions(*, table: bool) -> ExtensionOptions:
    options = ExtensionOptions()
    options.autolink = options.description_lists = options.footnotes = True
    options.strikethrough = options.tasklist = True
    options.table = table
    return options


_RENDER = RenderOptions()
_RENDER.unsafe_ = True  # keeps raw HTML
_WITH_TABLES, _WITHOUT_TABLES = _extensions(table=True), _extensions(table=False)
# comrak adds missing cells to each row, which takes quadratic time for a wide header.
_MAX_CELLS = 1_000_000

# The sanitiser drops form controls.
_CHECKBOX = re.compile(r'<input type="checkbox"( checked="")? disabled="" /> ?')
_FOOTNOTE_RETURN = re.compile(
    r'class="footnote-backref" data-footnote-backref data-footnote-backref-idx="[^"]*" '
    r'aria-label="[^"]*"'
)
_BOXES = {None: "☐ ", ' checked=""': "☑ "}


def markdown(text: str) -> str:
    """Render Markdown as raw HTML.

    CommonMark with tables, footnotes, strikethrough, task lists, definition lists, links from bare
    URLs, ids of headings like `{#id}`, and kramdown's attribute lists and `markdown="1"`.
    """
    text = attributes.open_blocks(xml_safe(text))
    options = _WITHOUT_TABLES if _has_huge_table(text) else _WITH_TABLES
    html = render_markdown(text, extension_options=options, render_options=_RENDER)
    if "checkbox" in html:
        html = _CHECKBOX.sub(lambda box: _BOXES[box[1]], html)
    if "data-footnote" in html:
        html = _with_footnote_classes(html)
    return attributes.apply_lists(html)


def _with_footnote_classes(html: str) -> str:
    """Replace comrak's attributes of footnotes by the classes that NetNewsWire recognises."""
    html = html.replace(" data-footnote-ref>", ' class="footnote">')
    html = html.replace('class="footnotes" data-footnotes>', 'class="footnotes">')
    return _FOOTNOTE_RETURN.sub('class="footnote-return"', html)


def _has_huge_table(text: str) -> bool:
    if text.count("|") < 1000:
        return False
    lines = text.split("\n")
    return max(line.count("|") for line in lines) * len(lines) > _MAX_CELLS


_HEADING = re.compile(r"(?is)\s*<h([1-6])(?=[\s>])[^>]*>(.*?)</h\1\s*>\s*")


def take_heading(html: str) -> tuple[str, str]:
    """Split raw HTML into the text of its initial heading, '' if there is none, and the rest."""
    heading = _HEADING.match(html)
    if not heading:
        return "", html
    return plain(sanitise(heading[2], lambda _: "")), html[heading.end() :]


_MORE = re.compile(r"(?i)<!--\s*more\s*-->")


def split_more(html: str) -> str | None:
    """Return the raw HTML before the comment `<!--more-->`; None if there is none.

    In a Markdown code block it is text, not a comment.
    """
    mark = _MORE.search(html)
    return html[: mark.start()] if mark else None
