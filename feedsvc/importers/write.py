"""Writes the files of items into the content folder; the only part of an import that writes.

No file that is there is ever changed: an article that was imported before is known by its id.
"""

import errno
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, FeedsvcError, Problem
from feedsvc.importers import names
from feedsvc.importers.compose import Composer, one_line
from feedsvc.importers.item import Item
from feedsvc.model import MAX_PATH, PLAIN, excess
from feedsvc.sources.article import MAX_SIZE
from feedsvc.sources.scan import is_inside, shown_path
from feedsvc.sources.site import Sources

# What file systems without hard links answer: FAT, some of networks and of containers.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP}
_ROOM = 255  # bytes of a path for the name of the file
# Those whose articles may have any name anywhere, and feedsvc's keys.
_FINDING = {PLAIN, "hugo"}


@dataclass(frozen=True, slots=True)
class Put:
    """What became of one item.

    path: the file that was written, relative to the site; None if none was. known: an article with
    its id is there already.
    """

    path: str | None
    known: bool
    problems: tuple[Problem, ...]


class Shelf:
    """The content folder, with the ids and slugs that are taken."""

    def __init__(self, settings: Settings, into: str | None, *, keep_links: bool) -> None:
        """Read the front matter of every article. Raises FeedsvcError.

        into: the folder below content/ for what is written; None for one by the year.
        """
        _check_generator(settings.tree.name)
        self._settings = settings
        self._root = os.path.realpath(settings.content)
        self._into = into
        self._keep_links = keep_links
        self._ids: set[str] = set()
        self._slugs: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last that was given to a slug
        if into is not None:
            _check_folder(into)
        for slug, pinned in Sources.of(settings).names():
            self._slugs.add(slug)
            self._ids |= {pinned} - {""}

    def put(self, item: Item) -> Put:
        """Write an item's file, unless its article is there. Raises FeedsvcError."""
        identity, is_theirs = names.identity(item)
        if identity in self._ids:
            return Put(None, True, ())
        composer = Composer(item)
        try:
            _check(item)
            path = self._write(item, identity, composer)
        except ArticleError as error:
            return Put(None, False, (item.problem(error.code, error.message),))
        self._ids.add(identity)
        odd = [] if is_theirs else [_minted(item, identity)]
        shown = shown_path(self._settings.content, self._settings.site, path)
        return Put(shown, False, (*item.remarks, *composer.problems, *odd))

    def _write(self, item: Item, identity: str, composer: Composer) -> str:
        """Write a file under the first slug that is free; return its path below content/."""
        folder = self._folder(item)
        for slug in self._free_slugs(names.slug(item)):
            language = self._settings.language
            text = composer.text(identity, slug, language, keep_link=self._keep_links)
            path = f"{folder}/{slug}{item.ending}"
            if self._create(path, text.encode()):
                break
        self._slugs.add(slug)
        return path

    def _free_slugs(self, slug: str) -> Iterator[str]:
        """Yield the slugs that an article may have, each one if the last was not free after all."""
        while True:
            number = self._numbers.get(slug, 0) + 1
            self._numbers[slug] = number
            found = names.numbered(slug, number)
            if found not in self._slugs:
                yield found

    def _folder(self, item: Item) -> str:
        """Return the folder for an item, which is made if it is missing. Raises ArticleError."""
        year = f"{item.published.year:04}" if item.published else ""
        path = year if self._into is None else self._into
        folder = Path(self._root, path)
        if not is_inside(self._root, str(folder)):
            message = f"belongs into {folder}, a link that leaves the content folder; give --into"
            raise ArticleError("unusable-folder", message)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            message = f"belongs into {folder}, which is no folder; give another with --into"
            raise ArticleError("unusable-folder", message) from None
        except OSError as error:
            raise FeedsvcError(f"{folder}: cannot be made: {error.strerror}") from None
        return path

    def _create(self, path: str, content: bytes) -> bool:
        """Write a file whole or not at all; False where there is one.

        Raises ArticleError, FeedsvcError.
        """
        if len(content) > MAX_SIZE:
            raise _too_large()
        full = Path(self._root, path)
        temporary = full.parent / f".import-{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
            _give_name(full, temporary, content)
        except FileExistsError:
            return False
        except OSError as error:
            shown = shown_path(self._settings.content, self._settings.site, path)
            raise FeedsvcError(f"{shown}: cannot be written: {error.strerror}") from None
        finally:
            temporary.unlink(missing_ok=True)
        return True


def _give_name(full: Path, temporary: Path, content: bytes) -> None:
    """Give what is written its name, which replaces no file, unlike a rename. Raises OSError."""
    try:
        full.hardlink_to(temporary)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with full.open("xb") as file:
            try:
                file.write(content)
                file.flush()
            except OSError:
                full.unlink()  # ours, as it was made here
                raise


def _check(item: Item) -> None:
    """Raise ArticleError for what can be no article."""
    if not one_line(item.title):
        raise ArticleError("no-title", "has no title; write one in the source")
    if item.published is None:
        raise ArticleError("no-date", "has no date; write one in the source, or give --date")
    if len(item.body) + len(item.summary) > MAX_SIZE:
        raise _too_large()


def _too_large() -> ArticleError:
    return ArticleError("too-large-item", "has more than the 5 MB of an article; split it")


def _minted(item: Item, minted: str) -> Problem:
    message = (
        f"has the id {item.id[:60]!r}, which is no IRI or is too long; it became {minted}, so that "
        "readers will show it as new"
    )
    return item.warning("new-id", message)


def _check_generator(name: str) -> None:
    """Refuse trees in whose conventions an article that is written here would not be one."""
    if name not in _FINDING:
        raise FeedsvcError(
            f"the content is read as that of {name}, which would not find what is imported; import "
            f'into a site of its own, or write generator = "{PLAIN}"'
        )


def _check_folder(into: str) -> None:
    parts = into.split("/")
    if any(each[:1] in {"", ".", "_"} for each in parts):
        raise FeedsvcError(
            f"--into {into!r} is no folder of articles; name one below content/, like notes/2022, "
            "with no part that begins with . or _"
        )
    if over := excess(into, MAX_PATH - _ROOM):
        raise FeedsvcError(f"--into: the folder's path {over}; name another")
