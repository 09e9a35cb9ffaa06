"""What a source of articles is; the content folder is one. docs/sources.md: how to write one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from feedsvc.errors import ArticleError, Problem
from feedsvc.model import Article
from feedsvc.sources.frontmatter import FrontMatter


@dataclass(frozen=True, slots=True)
class Listing:
    """The articles that a source holds now.

    fingerprints: by the key of each article, a text that changes whenever the article may have
    changed; '' to have it read at every sync. problems: what could not be listed. unseen: the keys
    of what could not be listed, or what they begin with up to a `/`; '' stands for every key.
    """

    fingerprints: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    unseen: tuple[str, ...] = ()

    def holds(self, key: str) -> bool:
        """Tell whether an article is there, or may be: an article that is not is withdrawn."""
        return key in self.fingerprints or any(
            key == each or not each or key.startswith(f"{each}/") for each in self.unseen
        )


@dataclass(frozen=True, slots=True)
class Written:
    """An article as its author wrote it.

    text: all of it, XML-safe. front: its front matter by feedsvc's own keys. body: the text after
    it. raw: the body as HTML that is not sanitised. path: of its URL on the site that it was
    written for, decoded and without the first slash; '' if there is none. native_id: see
    model.Article. warnings: what is wrong with it,
    as far as is known. refer: what a reference in raw means, which may add a warning.
    """

    text: str
    front: FrontMatter
    body: str
    raw: str
    path: str = ""
    native_id: str | None = None
    warnings: list[ArticleError] = field(default_factory=list)
    refer: Callable[[str], str] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read under one key.

    article: None if there is none, or if a Problem prevents it. written: the article as it was
    written, to tell where a fault is; None if there is no text with lines.
    """

    key: str
    article: Article | None
    problems: tuple[Problem, ...] = ()
    written: Written | None = None

    def line(self, key: str) -> int:
        """Return the line on which a front-matter key stands; 0 if there are no lines."""
        return self.written.front.line(key) if self.written else 0

    def name(self, key: str) -> str:
        """Return a front-matter key as the author writes it."""
        return self.written.front.name(key) if self.written else key


class ArticleSource(Protocol):
    """A source of articles. Subclass it to get the defaults.

    Whatever `listing` and `read` raise leaves the articles of the source as they are, and is a
    Problem of the sync. One thread at a time calls them, `read` for some of what was listed last.
    Any thread calls `shown` and `file`.
    """

    name: str
    parallel: bool = False  # whether a pickled copy may read in another process
    watched: tuple[Path, ...] = ()  # folders whose changes are a reason to list again
    interval: float = 60.0  # seconds after which to list again in any case

    @property
    def fingerprint(self) -> str:
        """A text that changes when every article has to be read again."""
        return ""

    def listing(self) -> Listing:
        """List the articles that there are, without reading them."""
        ...

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        """Read some articles, in any order. What is wrong with one is a Problem of its Reading."""
        ...

    def shown(self, key: str) -> str:
        """Return a key as Problems name it."""
        return f"{self.name}: {key}"

    def file(self, path: str) -> Path | None:  # noqa: ARG002 - for those that have some
        """Return a local file that an article of this source shows, if it is there.

        path: one of the article's `files`. It comes from a URL: never return a file that is not
        below a folder of the source.
        """
        return None


@runtime_checkable
class NamingSource(Protocol):
    """A source that knows the names of its articles without reading all of them."""

    def names(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the slug and the pinned id, '' for none; also of what cannot be published."""
        ...


Pin = Callable[[str, str, Callable[[Article], bool]], Problem | None]


@runtime_checkable
class PinningSource(Protocol):
    """A source that can write an article's id to where the article comes from."""

    def pinner(self, keys: Iterable[str]) -> Pin:
        """Return a function that pins the id of one article; see `Pinner.pin`.

        keys: of all articles of the source.
        """
        ...
