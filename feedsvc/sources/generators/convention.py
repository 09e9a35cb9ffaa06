"""What a generator's conventions are made of: data and pure functions; reads no file.

A Convention maps a file's path, front matter and body to feedsvc's own keys, a URL and HTML. What a
value means, and whether it is right, is for the common reader to say.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from posixpath import basename, dirname, join, normpath, splitext
from typing import Any
from urllib.parse import unquote

from feedsvc import html
from feedsvc.sources import frontmatter
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.trees import Layout

Own = dict[str, Any]  # front matter in feedsvc's own keys


@dataclass(frozen=True, slots=True)
class File:
    """One file as a generator sees it.

    path: below the generator's own tree. written: the front matter, by key in lower case. options,
    tree: see model.Tree. base_url and zone: the site's. moment: reads a date, None where
    it is none.
    """

    path: str
    written: Mapping[str, Any]
    options: Mapping[str, str]
    base_url: str
    zone: tzinfo
    moment: Callable[[Any], datetime | None]
    tree: str = ""

    @property
    def folder(self) -> str:
        """The folder, '' at the top."""
        return dirname(self.path)

    @property
    def stem(self) -> str:
        """The file's name without its ending."""
        return splitext(basename(self.path))[0]

    def text(self, key: str) -> str:
        """Return a text on one line; '' where there is none, or anything else."""
        value = self.written.get(key)
        return " ".join(value.split()) if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Links:
    """How the text of a file finds other files.

    to: the URL of the article at a path of the generator's tree, None if there is none. named: the
    paths of all articles of a name without its ending, for what is linked by name alone. warn:
    notes a warning: its code, its message, and what stands there in the text.
    """

    to: Callable[[str], str | None]
    named: Callable[[str], Sequence[str]]
    warn: Callable[[str, str, str], None]

    def unresolved(self, written: str, target: str) -> str:
        """Warn of a link that leads to no article; return what keeps its text and drops it."""
        message = f"links to {target!r}, which is no article here; only the text is kept: mend it"
        self.warn("unresolved-link", message, written)
        return "unresolved:"

    def left_out(self, written: str, name: str) -> None:
        """Warn of code that only the generator could run."""
        message = f"has `{name}`, which only its generator can run; it is left out"
        self.warn("left-out", message, written)


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention(Layout):
    """How one generator names, places and writes articles.

    keys: for each of our keys those that are looked for, the best first. split: the path and text
    of a file to its front matter and body. complete: adds to our keys what the path says, and mends
    what is written otherwise. url: the path of the article's URL; '' where it is not known. markup:
    the body to raw HTML. refer: what a reference in that HTML means as a path in the generator's
    tree, None for what it says itself. entry_id: what the generator's own feed has for an id, from
    the file, the absolute URL and the date. is_page: whether a file is no article for what it says.
    """

    keys: Mapping[str, tuple[str, ...]]
    url: Callable[[File, Own], str]
    complete: Callable[[File, Own], None] = lambda _file, _own: None
    split: Callable[[str, str], tuple[FrontMatter, str]] = lambda _path, text: frontmatter.split(
        text
    )
    markup: Callable[[File, str, Links], str] = lambda file, body, _links: render(file, body)
    refer: Callable[[File, str], str | None] = lambda file, reference: linked_file(file, reference)
    entry_id: Callable[[File, str, datetime], str] = lambda _file, url, _published: url
    passed_over: frozenset[str] = frozenset({"node_modules", "vendor"})
    is_page: Callable[[File, Own], bool] = lambda _file, _own: False


def render(file: File, body: str) -> str:
    """Return raw HTML of HTML or Markdown."""
    return body if file.path.endswith(".html") else html.markdown(body)


_ENDINGS = (".md", ".markdown", ".mdx", ".rst")


def linked_file(file: File, reference: str) -> str | None:
    """Return which file a plain link to an article's file means: `../other.md`."""
    path = reference.partition("#")[0]
    if ":" in path or path.startswith("//") or not path.endswith(_ENDINGS):
        return None
    return beside(file, unquote(path))


def beside(file: File, path: str) -> str:
    """Return a path relative to a file, or to the tree where it begins with `/`."""
    return normpath(path.lstrip("/") if path.startswith("/") else join(file.folder, path))


def undated_at_top(file: File, own: Own) -> bool:
    """Tell whether a file is a page like `about.md`: at the top of the tree, without a date."""
    return not file.folder and not own.get("published")


def words(value: Any, separator: str | None = None) -> list[Any]:
    """Return a list; a text is split, at white space or at the separator."""
    if isinstance(value, str):
        found = (each.strip() for each in value.split(separator))
        return [each for each in found if each]
    if isinstance(value, list):
        return value
    return [] if value is None or value == {} else [value]


def dated_name(stem: str) -> tuple[str, str]:
    """Split `2022-02-17-title` into the date and the rest; the date is '' where there is none."""
    match = _DATED.match(stem)
    if not match:
        return "", stem
    year, month, day = match[1].split("-")
    return f"{year}-{month:0>2}-{day:0>2}", stem[match.end() :]


_DATED = re.compile(r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})[-_]")
_PUNCTUATION = re.compile(r"[^\w\- ]")


def github_slug(text: str) -> str:
    """Fold a text as GitHub does for its anchors: lower case, hyphens, no punctuation."""
    return _PUNCTUATION.sub("", text.lower().strip()).replace(" ", "-")
