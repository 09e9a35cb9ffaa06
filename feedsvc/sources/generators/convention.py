"""The description of a generator: data and pure functions that read no file.

A Convention maps the path, front matter and body of a file to feedsvc's own keys, a URL and HTML.
The reader of articles validates the values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from html import escape
from posixpath import basename, dirname, join, normpath, splitext
from typing import Any
from urllib.parse import unquote

from feedsvc import html
from feedsvc.sources import frontmatter
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.generators import configs
from feedsvc.sources.trees import Layout

_LINKED = (".md", ".markdown", ".mdx", ".rst")  # suffixes of files that links refer to

Own = dict[str, Any]  # front matter by feedsvc's own keys

# Keys that several generators share; see Convention.keys.
KEYS: dict[str, tuple[str, ...]] = {
    "summary": ("summary", "description", "excerpt"),
    "categories": ("categories", "category"),
    "tags": ("tags", "tag"),
    "authors": ("authors", "author"),
    "language": ("lang", "language"),
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of a generator.

    path: relative to the generator's tree. written: the front matter, by key in lower case.
    options, tree: see model.Tree. base_url, zone: of the site. moment: parses a date; returns None
    for another value. data: the front matter of the files that Convention.data names, by path.
    cache: for values that a convention computes from the path and the options.
    """

    path: str
    written: Mapping[str, Any]
    options: Mapping[str, Any]
    base_url: str
    zone: tzinfo
    moment: Callable[[Any], datetime | None]
    tree: str = ""
    data: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def folder(self) -> str:
        """The path of the folder; '' at the top."""
        return dirname(self.path)

    @property
    def stem(self) -> str:
        """The file name without its suffix."""
        return splitext(basename(self.path))[0]

    @property
    def folders(self) -> list[str]:
        """The path of the folder and of those above it, innermost first; the last is ''."""
        parts = self.folder.split("/") if self.folder else []
        return ["/".join(parts[:end]) for end in range(len(parts), -1, -1)]

    def beside(self, path: str) -> str:
        """Resolve a path relative to this file, or to the tree if it begins with `/`."""
        return normpath(path.lstrip("/") if path.startswith("/") else join(self.folder, path))

    def linked(self, reference: str) -> str | None:
        """Return the path of the file that a link such as `../other.md` refers to, or None."""
        path = reference.partition("#")[0]
        if ":" in path or path.startswith("//") or not path.endswith(_LINKED):
            return None
        return self.beside(unquote(path))

    def option(self, key: str, default: str = "") -> str:
        """Return a text of the configuration by its dotted key, or the default."""
        return configs.text(self.options, key, default)

    def text(self, key: str) -> str:
        """Return a text on one line; '' if there is none, or another type of value."""
        value = self.written.get(key)
        return " ".join(value.split()) if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Links:
    """Resolves references from the text of one file to other articles.

    to: returns the URL of the article at a path in the generator's tree, or None. named: returns
    the paths of all articles with a file name, given without its suffix. warn: records a warning,
    given its code, its message and the text that it is about.
    """

    to: Callable[[str], str | None]
    named: Callable[[str], Sequence[str]]
    warn: Callable[[str, str, str], None]

    def unresolved(self, written: str, target: str) -> str:
        """Warn of a broken link; return a URL that the sanitiser removes, keeping the text."""
        message = f"links to {target!r}, which is not an article; only the text is kept: correct it"
        self.warn("unresolved-link", message, written)
        return "unresolved:"

    def left_out(self, written: str, name: str) -> None:
        """Warn of code that only the generator can run."""
        message = f"has `{name}`, which only its generator can run; it is left out"
        self.warn("left-out", message, written)

    def by_tail(self, tail: str, shorten: Callable[[str], str]) -> str | None:
        """Return the URL of the article whose path ends with a tail, if there is only one.

        shorten: returns the part to compare of a path without its suffix.
        """
        found = [
            path
            for path in self.named(basename(tail))
            if f"/{shorten(splitext(path)[0])}".endswith(f"/{tail}")
        ]
        return self.to(found[0]) if len(found) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Convention(Layout):
    """How one generator names, places and writes articles.

    keys: the generator's keys for each of feedsvc's, preferred ones first. split: splits a text,
    given its path, into front matter and body. data: returns the paths of files that may have front
    matter for a file, best first. inherit: returns the front matter of a file with what it
    inherits. complete: adds values that follow from the path, and converts those of another form.
    url: returns the path of the article's URL, '' if unknown. markup: renders the body as raw HTML.
    refer: resolves a reference in that HTML to a path in the generator's tree; None if it is an
    ordinary URL. entry_id: returns the id in the generator's own feed, given the absolute URL and
    the date. is_page: whether a file is a page, not an article. page_url: returns the path of the
    URL of a file that is not an article, '' if unknown.
    """

    keys: Mapping[str, tuple[str, ...]]
    url: Callable[[File, Own], str]
    complete: Callable[[File, Own], None] = lambda _file, _own: None
    split: Callable[[str, str], tuple[FrontMatter, str]] = lambda _path, text: frontmatter.split(
        text
    )
    data: Callable[[File], Sequence[str]] = lambda _file: ()
    inherit: Callable[[File], Mapping[str, Any]] = lambda file: file.written
    markup: Callable[[File, str, Links], str] = lambda file, body, _links: render(file, body)
    refer: Callable[[File, str], str | None] = lambda file, reference: file.linked(reference)
    entry_id: Callable[[File, str, datetime], str] = lambda _file, url, _published: url
    passed_over: frozenset[str] = frozenset({"node_modules", "vendor"})
    is_page: Callable[[File, Own], bool] = lambda _file, _own: False
    page_url: Callable[[File], str] = lambda _file: ""


def render(file: File, body: str) -> str:
    """Render Markdown as raw HTML; return HTML as it is."""
    return body if file.path.endswith(".html") else html.markdown(body)


def code_block(language: str, text: str) -> str:
    """Return a block of code as HTML. language: '' if unknown."""
    kind = f' class="language-{escape(language)}"' if language else ""
    return f"\n<pre><code{kind}>{escape(text.strip(chr(10)))}</code></pre>\n"
