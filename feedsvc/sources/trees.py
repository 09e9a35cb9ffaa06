"""What a content folder is: a plain tree, or that of a generator whose conventions it follows.

Generators are installed under the entry points `feedsvc.generators`; none is known here by name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from feedsvc import plugins
from feedsvc.config import settings
from feedsvc.config.settings import GENERATORS, Settings
from feedsvc.errors import FeedsvcError
from feedsvc.model import PLAIN, Tree
from feedsvc.sources.frontmatter import FrontMatter

if TYPE_CHECKING:
    from feedsvc.sources.protocol import Written

_UP = 3  # folders above the content that may be the root of a generator's site


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which files of a tree are articles.

    endings: of article files. entered: folders that are looked into although their names begin with
    `_`. passed_over: folders that are not. articles: of paths, those that are articles.
    """

    endings: tuple[str, ...] = (".md", ".markdown", ".html")
    entered: frozenset[str] = frozenset()
    passed_over: frozenset[str] = frozenset()
    articles: Callable[[Iterable[str]], Iterable[str]] = lambda paths: paths


class Reader(Protocol):
    """Reads the files of one site by a generator's conventions."""

    def split(self, path: str, text: str) -> tuple[FrontMatter, str]:
        """Split a text into its front matter and body. Raises ArticleError."""

    def translate(self, path: str, text: str, front: FrontMatter, body: str) -> "Written | None":
        """Return a file with its front matter by our own keys; None for a page.

        text: the whole file, which `split` has split. Raises ArticleError.
        """


class Generator(Protocol):
    """The object that an entry point names. Its methods read files, and run none."""

    @property
    def layout(self) -> Layout:
        """Which files are articles."""

    def configured(self, root: Path, content: Path) -> Tree | None:
        """Return the tree if a folder has the generator's configuration, and the content is in
        a tree of it.
        """

    def traced(self, root: Path, content: Path) -> Tree | None:
        """Return the tree if a folder has anything else that only the generator makes."""

    def assumed(self, roots: Iterable[Path], content: Path) -> Tree:
        """Return the tree of a content folder that the settings say is the generator's."""

    def reader(self, settings: Settings, text: Callable[[str], str]) -> Reader:
        """Return the reader of a site. text: reads the file at a path, raises ArticleError."""


def load(site: Path, environment: Mapping[str, str]) -> Settings:
    """Read the settings of the site in a folder, complete with what its content folder decides.

    Raises SettingsError, FeedsvcError.
    """
    return resolve(settings.load(site, environment))


def resolve(settings: Settings) -> Settings:
    """Return settings with the tree of the content folder, and the article_link that follows."""
    tree = Tree()
    if settings.reads_content:
        tree = _tree(settings.generator, settings.content, settings.site)
    link = settings.article_link or ("/articles/{slug}" if tree.name == PLAIN else "/{path}")
    return msgspec.structs.replace(settings, tree=tree, article_link=link)


def layout(name: str) -> Layout:
    """Return which files are articles in a tree of a generator. Raises FeedsvcError."""
    return _PLAIN if name == PLAIN else generator(name).layout


@cache
def generator(name: str) -> Generator:
    """Return an installed generator. Raises FeedsvcError if it cannot be loaded."""
    (found,) = entry_points(group=GENERATORS, name=name)
    try:
        loaded: Generator = found.load()
    except Exception as error:  # importing runs the code of another package
        raise FeedsvcError(
            f"{plugins.described(found)} cannot be loaded: {type(error).__name__}: {error}; update "
            "or uninstall that package"
        ) from error
    return loaded


def detect(content: Path, site: Path) -> Tree:
    """Return the tree that a content folder is; a plain one where that is in doubt.

    A configuration says more than a trace, and the nearest folder that says anything decides.
    """
    known = [generator(name) for name in settings.generator_names() if name != PLAIN]
    for look in ("configured", "traced"):
        for root in _roots(content, site):
            found = [tree for each in known if (tree := getattr(each, look)(root, content))]
            if found:
                return found[0] if len(found) == 1 else Tree()
    return Tree()


def _tree(name: str, content: Path, site: Path) -> Tree:
    if not name:
        return detect(content, site)
    return Tree() if name == PLAIN else generator(name).assumed(_roots(content, site), content)


def _roots(content: Path, site: Path) -> Iterator[Path]:
    """Yield the content folder and those above it, not beyond the site if it is within."""
    for folder in (content, *content.parents)[: _UP + 1]:
        yield folder
        if folder == site:
            return


_PLAIN = Layout()
