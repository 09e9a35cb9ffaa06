"""Writes the files of items into the content folder; the only part of an import that writes.

No file that is there is ever changed: an article that was imported before is known by its id.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feedsvc import html
from feedsvc.errors import ArticleError, FeedsvcError, Problem
from feedsvc.importers import names
from feedsvc.importers.compose import Composer, one_line
from feedsvc.importers.item import Item
from feedsvc.settings import Settings
from feedsvc.sources import scan
from feedsvc.sources.article import MAX_SIZE, slug_of
from feedsvc.sources.frontmatter import FrontMatter, split
from feedsvc.sources.scan import is_inside, shown_path
from feedsvc.sources.values import Values


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
        self._settings = settings
        self._root = os.path.realpath(settings.content)
        self._into = into
        self._keep_links = keep_links
        self._ids: set[str] = set()
        self._slugs: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last that was given to a slug
        if into is not None:
            _check_folder(into)
        for path in scan(settings.content, settings.site).files:
            front = _front_matter(Path(self._root, path))
            values = Values(front.values)
            self._ids |= {_text(values, "id")} - {""}
            self._slugs.add(slug_of(path, _text(values, "slug")))

    def put(self, item: Item) -> Put:
        """Write an item's file, unless its article is there. Raises FeedsvcError."""
        identity, is_theirs = names.identity(item)
        if identity in self._ids:
            return Put(None, True, ())
        if missing := _missing(item):
            return Put(None, False, (missing,))
        if len(item.body) + len(item.summary) > MAX_SIZE:
            return Put(None, False, (_too_large(item),))
        composer = Composer(item)
        for slug in self._free_slugs(names.slug(item)):
            text = composer.text(
                identity, slug, self._settings.language, keep_link=self._keep_links
            )
            content = text.encode()
            if len(content) > MAX_SIZE:
                return Put(None, False, (_too_large(item),))
            path = self._path(item, slug)
            if wrong := self._unfit(path):
                return Put(None, False, (item.problem("unusable-folder", wrong),))
            if self._create(path, content):
                break
            composer = Composer(item)
        self._ids.add(identity)
        self._slugs.add(slug)
        odd = [] if is_theirs else [_minted(item, identity)]
        shown = shown_path(self._settings.content, self._settings.site, path)
        return Put(shown, False, (*item.remarks, *composer.problems, *odd))

    def _free_slugs(self, slug: str) -> Iterator[str]:
        """Yield the slugs that an article may have, each one if the last was not free after all."""
        while True:
            number = self._numbers.get(slug, 0) + 1
            self._numbers[slug] = number
            found = names.numbered(slug, number)
            if found not in self._slugs:
                yield found

    def _path(self, item: Item, slug: str) -> str:
        year = f"{item.published:%Y}" if item.published else ""
        return f"{year if self._into is None else self._into}/{slug}{item.ending}"

    def _unfit(self, path: str) -> str:
        """Say why nothing can be written into a file's folder, which is made if it is missing."""
        folder = Path(self._root, path).parent
        if not is_inside(self._root, str(folder)):
            return f"belongs into {folder}, a link that leaves the content folder; name --into"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            return f"belongs into {folder}, which is no folder; name another with --into"
        return ""

    def _create(self, path: str, content: bytes) -> bool:
        """Write a file whole or not at all; False where there is one. Raises FeedsvcError."""
        full = Path(self._root, path)
        temporary = full.parent / f".import-{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
            full.hardlink_to(temporary)  # unlike a rename, it replaces no file
        except FileExistsError:
            return False
        except OSError as error:
            shown = shown_path(self._settings.content, self._settings.site, path)
            raise FeedsvcError(f"{shown}: cannot be written: {error.strerror}") from None
        finally:
            temporary.unlink(missing_ok=True)
        return True


def _missing(item: Item) -> Problem | None:
    if not one_line(item.title):
        return item.problem("no-title", "has no title; write one in the source")
    if item.published is None:
        return item.problem("no-date", "has no date; write one in the source, or give --date")
    return None


def _too_large(item: Item) -> Problem:
    return item.problem("too-large-item", "has more than the 5 MB of an article; split it")


def _minted(item: Item, minted: str) -> Problem:
    message = (
        f"has the id {item.id[:60]!r}, which is no IRI; it became {minted}, so that readers will "
        "show it as new"
    )
    return item.problem("new-id", message)


def _check_folder(into: str) -> None:
    parts = into.split("/")
    if any(each[:1] in {"", ".", "_"} for each in parts):
        raise FeedsvcError(
            f"--into {into!r} is no folder of articles; name one below content/, like notes/2022, "
            "with no part that begins with . or _"
        )


def _front_matter(path: Path) -> FrontMatter:
    """Return the front matter of a file; an empty one where it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        return split(html.xml_safe(text.replace("\r\n", "\n").replace("\r", "\n")))[0]
    except (OSError, ValueError, ArticleError):
        return FrontMatter({}, "")


def _text(values: Values, key: str) -> str:
    try:
        return values.text(key)
    except ArticleError:
        return ""
