"""Markdown to raw HTML, and the title and teaser in it; the result is not sanitised."""

import re

from pyromark import Markdown, Options

from feedsvc.html.cleaner import sanitise
from feedsvc.html.text import plain, xml_safe

_MARKDOWN = Markdown(
    options=Options.ENABLE_TABLES
    | Options.ENABLE_FOOTNOTES
    | Options.ENABLE_STRIKETHROUGH
    | Options.ENABLE_TASKLISTS
)
# The sanitiser drops styles and form controls, so these are replaced by what it keeps.
_ALIGNMENT = re.compile(r'(<t[hd] )style="text-align: (left|right|center)"')
_CHECKBOX = re.compile(r'<input disabled="" type="checkbox"( checked="")?/>')


def markdown(text: str) -> str:
    """Render CommonMark with tables, footnotes, strikethrough and task lists as raw HTML."""
    html = _MARKDOWN.html(xml_safe(text))
    if "style=" in html:
        html = _ALIGNMENT.sub(r'\1align="\2"', html)
    if "checkbox" in html:
        html = _CHECKBOX.sub(lambda box: "☑" if box[1] else "☐", html)
    return html


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

    In a code block of Markdown the mark is text, not a comment.
    """
    mark = _MORE.search(html)
    return html[: mark.start()] if mark else None
