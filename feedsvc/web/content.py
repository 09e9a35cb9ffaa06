"""Adapts sanitised HTML to a page; pure.

Entries have absolute URLs and are shown by readers in their own way. On a page, links must work at
any host, wide tables and code scroll by keyboard, players have names, and long URLs break.
"""

import re
from html import escape
from urllib.parse import unquote, urlsplit

from markupsafe import Markup

from feedsvc.web.interface import Interface

# The sanitiser quotes every attribute value.
_PART = re.compile(r"""<(?P<name>/?[a-z][a-z0-9]*)(?P<rest>[^>"]*(?:"[^"]*"[^>"]*)*)>|[^<]+""")
_URL = re.compile(r"https?://\S+")
_SLASHES = re.compile(r"/+")
_SOURCE = re.compile(r'\ssrc="([^"]*)"')
_NAMED = re.compile(r"\s(?:title|aria-label)=")


class Presenter:
    """Adapts content to the pages of a site.

    site: the URL that the URLs of the site begin with. here: the path they begin with on pages.
    """

    def __init__(self, interface: Interface, site: str, here: str) -> None:
        self._interface = interface
        self._ours, self._here = f'="{site}', f'="{here}'

    def __call__(self, sanitised: str) -> Markup:
        """Return sanitised HTML as it is shown on a page."""
        return Markup(_PART.sub(self._part, sanitised))  # noqa: S704 - it is sanitised

    def _part(self, match: re.Match[str]) -> str:
        name, rest = match["name"], match["rest"]
        if name is None:
            return _URL.sub(lambda url: _breakable(url[0]), match[0])
        rest = rest.replace(self._ours, self._here)
        if name == "table":
            return f'<div class="wide"{self._scrollable("table")}><table{rest}>'
        if name == "/table":
            return "</table></div>"
        if name == "pre":
            return f"<pre{self._scrollable('code')}{rest}>"
        if name in ("audio", "video") and not _NAMED.search(rest):
            return f'<{name} aria-label="{escape(self._player(name, rest))}"{rest}>'
        return f"<{name}{rest}>"

    def _scrollable(self, label: str) -> str:
        # A group, as a region of each table would be a landmark.
        return f' tabindex="0" role="group" aria-label="{escape(self._interface.text(label))}"'

    def _player(self, name: str, attributes: str) -> str:
        source = _SOURCE.search(attributes)
        file = file_name(source[1]) if source else ""
        return f"{self._interface.text(name)} {file}".rstrip()


def breakable(url: str) -> Markup:
    """Return a URL as text that can break after slashes."""
    return Markup(_breakable(escape(url)))  # noqa: S704 - it is escaped


def file_name(url: str) -> str:
    """Return the last segment of a URL's path, decoded."""
    return unquote(urlsplit(url).path.rpartition("/")[2])


def _breakable(escaped: str) -> str:
    return _SLASHES.sub(r"\g<0><wbr>", escaped)
