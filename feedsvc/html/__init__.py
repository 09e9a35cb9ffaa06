"""Converts Markdown to sanitised HTML, and HTML to plain text; independent of the settings.

    Markdown --markdown--> raw HTML --split_more, take_heading, sanitise--> HTML --excerpt--> text

Only publish what `sanitise` returns: `markdown` passes raw HTML through.
"""

from feedsvc.html.cleaner import sanitise
from feedsvc.html.depth import shallow
from feedsvc.html.markup import markdown, split_more, take_heading
from feedsvc.html.text import excerpt, plain, xml_safe

__all__ = [
    "excerpt",
    "markdown",
    "plain",
    "sanitise",
    "shallow",
    "split_more",
    "take_heading",
    "xml_safe",
]
