"""Markdown to sanitised HTML, and HTML to plain text; fetches nothing and knows no settings.

    Markdown --markdown--> raw HTML --split_more, take_heading, sanitise--> HTML --excerpt--> text

Only what `sanitise` returns may be published: `markdown` lets raw HTML through untouched.
"""

from feedsvc.html.cleaner import sanitise
from feedsvc.html.depth import is_too_deep
from feedsvc.html.markup import markdown, split_more, take_heading
from feedsvc.html.text import excerpt, plain, xml_safe

__all__ = [
    "excerpt",
    "is_too_deep",
    "markdown",
    "plain",
    "sanitise",
    "split_more",
    "take_heading",
    "xml_safe",
]
