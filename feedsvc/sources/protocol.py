"""The protocol of a source of articles. docs/sources.md explains how to write one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from feedsvc.errors import ArticleError, Problem
from feedsvc.model import Article
from feedsvc.sources.frontmatter import FrontMatter


@dataclass(frozen=True, slots=True)
class Listing:
    """The articles that a source has now, or those of them that changed.

    fingerprints: maps the key of each article to a text that changes whenever the article may have
    changed; '' to read it at every sync. problems: what could not be listed. unseen: the keys that
    could not be listed, or prefixes of keys up to a `/`; '' stands for every key. partial: whether
    only articles that are new or may have changed are listed. absent: in a partial listing, the
    keys, or prefixes up to a `/`, of articles that are gone unless fingerprints or unseen has them;
    all articles not mentioned stay as they are.
    """

    fingerprints: Mapping[str, str]
    problems: tuple[Problem, ...] = ()
    unseen: tuple[str, ...] = ()
    partial: bool = False
    absent: tuple[str, ...] = ()

    def lists(self, key: str) -> bool:
        """Return whether an article of an earlier listing still exists."""
        if key in self.fingerprints:
            return True
        return self.partial and not any(is_at(key, each) for each in (*self.unseen, *self.absent))

    def holds(self, key: str) -> bool:
        """Return whether an article exists or may exist; if not, it is withdrawn."""
        return self.lists(key) or any(is_at(key, each) for each in self.unseen)


def is_at(key: str, place: str) -> bool:
    """Return whether a key equals a place or is below it; every key is below ''."""
    return not place or key == place or key.startswith(f"{place}/")


@dataclass(frozen=True, slots=True)
class Written:
    """An article as its author wrote it.

    text: all of it, XML-safe. front: its front matter with feedsvc's keys. body: the text after it.
    raw: the body as HTML, not sanitised. path: the path of the URL that its generator gives it,
    decoded and without the first slash; '' if unknown. native_id: see model.Article. warnings:
    found so far. refer: resolves a reference in raw by the generator's rules, and may add a
    warning.
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
    """The result of reading one key.

    article: None if there is none, or if a Problem prevents it. written: the source text, for the
    locations of problems; None if there is no text with lines. uses: the local files on whose
    content it depends, and their states when it was read; see `ArticleSource.state`.
    """

    key: str
    article: Article | None
    problems: tuple[Problem, ...] = ()
    written: Written | None = None
    uses: Mapping[str, str] = field(default_factory=dict)

    def line(self, key: str) -> int:
        """Return the line that a front-matter key is on; 0 if there are no lines."""
        return self.written.front.line(key) if self.written else 0

    def name(self, key: str) -> str:
        """Return the name of a front-matter key in the source text."""
        return self.written.front.name(key) if self.written else key


class ArticleSource(Protocol):
    """A source of articles. Subclass it to get the defaults.

    If `listing` or `read` raises, the source's articles stay as they are, and the sync reports a
    Problem. Only one thread at a time calls them; `read` gets keys of the latest listing, or of an
    earlier one if they have not become absent since. Any thread may call `display_name` and `file`.
    """

    name: str
    parallel: bool = False  # whether pickled copies may read in other processes
    watched: tuple[Path, ...] = ()  # folders whose changes cause a new listing
    interval: float = 60.0  # seconds after which everything is listed again, changed or not

    @property
    def fingerprint(self) -> str:
        """A text that changes when every article must be read again."""
        return ""

    def listing(self) -> Listing:
        """List the articles without reading them."""
        ...

    def read(self, keys: Iterable[str]) -> Iterator[Reading]:
        """Read some articles, in any order. Errors in an article are Problems of its Reading."""
        ...

    def display_name(self, key: str) -> str:
        """Return a key as shown in Problems."""
        return f"{self.name}: {key}"

    def state(self, path: str) -> str:  # noqa: ARG002 - for subclasses
        """Return a text that changes with a local file, one of the `uses` of a Reading."""
        return ""

    def file(self, path: str) -> Path | None:  # noqa: ARG002 - for subclasses
        """Return a local file that an article of this source refers to; None if there is none.

        path: one of the article's `files`, but taken from a URL: never return a file outside the
        source's folders.
        """
        return None


@runtime_checkable
class CopiedSource(Protocol):
    """A source whose originals may be copied to several machines.

    Its fingerprints may differ between copies only in the part after the last space.
    """

    def text_hashes(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield keys with the `text_hash` that their articles would have if they were read."""
        ...


@runtime_checkable
class ChangingSource(Protocol):
    """A source that can tell what changed, without listing everything."""

    every: float  # seconds between calls of `changes` at most; math.inf to rely on `watched`

    def changes(self, paths: Collection[str]) -> Listing | None:
        """Return a partial listing of what changed since the last listing of this object.

        paths: the absolute paths at which something changed in a watched folder; empty if the
        source must look for changes itself. Return None if that is impossible; then everything is
        listed. If it raises, or if the sync fails, everything is listed the next time.
        """
        ...


@runtime_checkable
class NamingSource(Protocol):
    """A source that knows the slugs and ids of its articles without reading all of them."""

    def names(self, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield slugs and pinned ids ('' for none), also of articles that cannot be published."""
        ...


Pin = Callable[[str, str, Callable[[Article], bool]], Problem | None]


@runtime_checkable
class PinningSource(Protocol):
    """A source that can write an article's id into the article's original."""

    def pinner(self, keys: Iterable[str]) -> Pin:
        """Return a function that pins the id of one article; see `Pinner.pin`.

        keys: of all articles of the source.
        """
        ...
