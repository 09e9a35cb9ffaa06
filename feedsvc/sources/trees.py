"""Determines whose conventions a content folder follows: feedsvc's own, or a generator's.

Generators are found through the entry points `feedsvc.generators`.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import msgspec

from feedsvc import plugins
from feedsvc.config import settings
from feedsvc.config.content import GENERATORS
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError, Problem, Severity
from feedsvc.model import PLAIN, Tree
from feedsvc.sources.frontmatter import FrontMatter

if TYPE_CHECKING:
    from feedsvc.sources.protocol import Written

_UP = 3  # levels above the content folder at which the root of a generator's site may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which files of a tree are articles.

    endings: suffixes of article files. is_hidden: whether a file or folder is ignored for its name.
    passed_over: names of other folders that are ignored. articles: returns those of the paths in a
    tree that are articles; None if all are. is_data: whether a file, given its name, may affect the
    articles in its folder and below. leads: whether a file, given its name, decides which of the
    files in its folder and below are articles; None if no file does. unread: the message about a
    data file that cannot be evaluated, or ''.
    """

    endings: tuple[str, ...] = (".md", ".markdown", ".html")
    is_hidden: Callable[[str], bool] = lambda name: name.startswith((".", "_"))
    passed_over: frozenset[str] = frozenset()
    articles: Callable[[Tree, Iterable[str]], Iterable[str]] | None = None
    is_data: Callable[[str], bool] = lambda _name: False
    leads: Callable[[str], bool] | None = None
    unread: Callable[[str], str] = lambda _name: ""


class Reader(Protocol):
    """Reads the files of one site according to a generator's conventions."""

    def split(self, path: str, text: str) -> tuple[FrontMatter, str]:
        """Split a text into its front matter and body. Raises ArticleError."""

    def translate(self, path: str, text: str, front: FrontMatter, body: str) -> "Written | None":
        """Return a file with feedsvc's front-matter keys; None for a page.

        text: the whole file, which `split` was given. Raises ArticleError.
        """


@runtime_checkable
class Generator(Protocol):
    """The object that an entry point names. It reads files but executes none."""

    @property
    def layout(self) -> Layout:
        """Which files are articles."""

    def configured(self, root: Path, content: Path) -> Tree | None:
        """Return the tree if a folder contains the generator's configuration, and content is in
        one of its trees.
        """

    def traced(self, root: Path, content: Path) -> Tree | None:
        """Return the tree if a folder contains anything else that only the generator creates."""

    def assumed(self, roots: Iterable[Path], content: Path) -> Tree:
        """Return the tree of a content folder if the settings name the generator."""

    def start(self, root: Path) -> Mapping[str, str]:
        """Return title, base_url, language and timezone from the configuration in a folder, and
        the folder of articles as content; empty if it is not the generator's site.
        """

    def doubts(self, settings: Settings) -> Iterable[str]:
        """Yield a message for each part of the configuration that may make URLs or dates wrong."""

    def reader(self, settings: Settings, text: Callable[[str], str]) -> Reader:
        """Return the reader of a site. text: reads a file, raises ArticleError."""


def load(site: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings of the site in a folder, including those that its content determines.

    Raises SettingsError, FeedsvcError.
    """
    return resolve(settings.load(site, environment))


def resolve(settings: Settings) -> Settings:
    """Return settings with the tree of the content folder, and its default article_link."""
    tree = Tree()
    if settings.reads_content:
        tree = _tree(settings.generator, settings.content, settings.site)
    link = settings.article_link or ("/articles/{slug}" if tree.name == PLAIN else "/{path}")
    return msgspec.structs.replace(settings, tree=tree, article_link=link)


def layout(name: str) -> Layout:
    """Return the layout of a generator's trees. Raises FeedsvcError."""
    return _PLAIN if name == PLAIN else generator(name).layout


def doubts(settings: Settings) -> list[Problem]:
    """Return warnings about parts of the generator's configuration that are not evaluated."""
    tree = settings.tree
    if tree.name == PLAIN:
        return []
    path = os.path.normpath(settings.content / tree.config)
    name = Path(os.path.relpath(path, settings.site)).as_posix()
    return [
        Problem(name, 0, "not-evaluated", message, Severity.WARNING)
        for message in generator(tree.name).doubts(settings)
    ]


@cache
def generator(name: str) -> Generator:
    """Return an installed generator. Raises FeedsvcError if it cannot be loaded."""
    loaded = plugins.load_one(GENERATORS, name, Generator)  # type: ignore[type-abstract]
    if loaded is None:
        raise FeedsvcError(f"the generator {name!r} is not installed any more")
    return loaded


def detect(content: Path, site: Path) -> Tree:
    """Detect the tree of a content folder; in doubt, a plain one.

    Configurations take precedence over traces, and the nearest folder with either decides.
    """
    known = plugins.names(GENERATORS)
    for look in ("configured", "traced"):
        for root in _roots(content, site):
            found = [tree for each in known if (tree := _call(each, look, root, content))]
            if found:
                return found[0] if len(found) == 1 else Tree()
    return Tree()


def start(root: Path) -> Mapping[str, str]:
    """Return settings for a new site in the folder of a generator's site; empty for others."""
    names = plugins.names(GENERATORS)
    found = [{**own, "generator": name} for name in names if (own := _call(name, "start", root))]
    return found[0] if len(found) == 1 else {}


def _call(name: str, method: str, *arguments: Path) -> Any:
    """Call a method of a generator. Raises FeedsvcError, which names its package, if it fails."""
    called = getattr(generator(name), method)
    with plugins.naming(plugins.installed(GENERATORS)[name]):
        return called(*arguments)


def _tree(name: str, content: Path, site: Path) -> Tree:
    if not name:
        return detect(content, site)
    return Tree() if name == PLAIN else generator(name).assumed(_roots(content, site), content)


def _roots(content: Path, site: Path) -> Iterator[Path]:
    """Yield the content folder and its nearest ancestors, but none above the site's folder."""
    for folder in (content, *content.parents)[: _UP + 1]:
        yield folder
        if folder == site:
            return


_PLAIN = Layout()
