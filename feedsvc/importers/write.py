"""Writes items as article files. Nothing else in an import changes the content folder.

Existing files are never changed; an existing article is recognised by its id.
"""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, FeedsvcError, Problem
from feedsvc.importers import compose, names, texts
from feedsvc.importers.clean import Cleaner, one_line
from feedsvc.importers.download import Downloader
from feedsvc.importers.item import Item, check_size
from feedsvc.importers.recordings import Recordings, link
from feedsvc.model import MAX_PATH, PLAIN, excess
from feedsvc.sources.look import is_inside
from feedsvc.sources.scan import shown_path
from feedsvc.sources.site import Sources

_MAX_NAME = 255  # bytes of a file name
# Generators whose articles may have any path and feedsvc's own front matter.
_SUPPORTED_GENERATORS = {PLAIN, "hugo"}


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The result for one item.

    path: of the new file, relative to the site; None if none was written. exists: an article with
    this id exists already.
    """

    path: str | None
    exists: bool
    problems: tuple[Problem, ...]


class ArticleWriter:
    """Writes articles into the content folder, with unique ids and slugs."""

    def __init__(
        self,
        settings: Settings,
        into: str | None,
        *,
        keep_links: bool,
        downloader: Downloader | None = None,
    ) -> None:
        """Read the front matter of all articles. Raises FeedsvcError.

        into: the folder below content/ for new files; None for one per year. downloader: fetches
        recordings into the folders of their articles; None to leave them where they are.
        """
        if not settings.reads_content:
            raise FeedsvcError(
                'the site has no content folder to import into; set content = "content"'
            )
        _check_generator(settings.tree.name)
        if into is not None:
            _check_folder(into)
        self._settings = settings
        self._root = os.path.realpath(settings.content)
        self._into = into
        self._keep_links = keep_links
        self.downloader = downloader
        self._ids: set[str] = set()
        self._seen: dict[str, Item] = {}  # by id, in this import, without their texts
        self._slugs: set[str] = set()
        self._last_numbers: dict[str, int] = {}  # by slug
        for slug, pinned in Sources.of(settings).names():
            self._slugs.add(slug)
            self._ids |= {pinned} - {""}

    def write(self, item: Item) -> WriteResult:
        """Write an item's file, unless its article exists. Raises FeedsvcError."""
        identity, id_warnings = names.unique_identity(item, self._seen)
        if identity in self._ids:
            self._seen.setdefault(identity, _without_texts(item))
            return WriteResult(None, True, ())
        item = _with_title(item)
        cleaner = Cleaner(item)
        try:
            _check_item(item)
            path = self._write(item, identity, cleaner)
        except ArticleError as error:
            return WriteResult(None, False, (item.origin.failure(error),))
        self._ids.add(identity)
        self._seen[identity] = _without_texts(item)
        problems = (*item.warnings, *cleaner.warnings, *id_warnings)
        return WriteResult(self._shown(path), False, problems)

    def _write(self, item: Item, identity: str, cleaner: Cleaner) -> str:
        """Write a file under the first unused slug; return its path below content/."""
        folder = self._folder(item)
        recordings = Recordings(Path(self._root, folder))
        if self.downloader:
            recordings.fetch(self.downloader, cleaner)
        found = list(cleaner.warnings)
        for slug in self._unused_slugs(names.slug(item)):
            language = self._settings.language
            cleaner.warnings[:] = found
            local = recordings.place(slug)
            if local is None:
                continue
            path = f"{folder}/{slug}{item.file_type}"
            try:
                text = compose.text(
                    item, cleaner, identity, slug, language, local, keep_link=self._keep_links
                )
                is_created = self._create(path, text.encode())
            except FeedsvcError:
                recordings.withdraw()
                raise
            if is_created:
                break
            recordings.withdraw()
        recordings.finish()
        self._slugs.add(slug)
        return path

    def _unused_slugs(self, base: str) -> Iterator[str]:
        """Yield slugs that no article has, in case a file with the previous one exists."""
        while True:
            number = self._last_numbers[base] = self._last_numbers.get(base, 0) + 1
            slug = base if number == 1 else f"{base}-{number}"
            if slug not in self._slugs:
                yield slug

    def _folder(self, item: Item) -> str:
        """Return the folder of an item, created if missing. Raises ArticleError, FeedsvcError."""
        year = f"{item.published.year:04}" if item.published else ""
        path = year if self._into is None else self._into
        folder = Path(self._root, path)
        if not is_inside(self._root, str(folder)):
            message = f"belongs in {folder}, a link that leaves the content folder; use --into"
            raise ArticleError("unusable-folder", message)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            message = f"belongs in {folder}, which is not a folder; name another with --into"
            raise ArticleError("unusable-folder", message) from None
        except OSError as error:
            raise FeedsvcError(f"{folder}: cannot be created: {error.strerror}") from None
        return path

    def _create(self, path: str, content: bytes) -> bool:
        """Create a file atomically; return False if one exists.

        Raises ArticleError, FeedsvcError.
        """
        check_size(len(content))
        full = Path(self._root, path)
        temporary = full.parent / f".import-{secrets.token_hex(8)}"
        try:
            with temporary.open("xb") as file:
                file.write(content)
            link(temporary, full)
        except FileExistsError:
            return False
        except OSError as error:
            message = f"{self._shown(path)}: cannot be written: {error.strerror}"
            raise FeedsvcError(message) from None
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def _shown(self, path: str) -> str:
        return shown_path(self._settings.content, self._settings.site, path)


def _without_texts(item: Item) -> Item:
    return replace(item, body="", summary="")


def _with_title(item: Item) -> Item:
    """Return an item with the beginning of its text as title if it has none."""
    if one_line(item.title):
        return item
    title = texts.beginning(item.body)
    message = "has no title; the beginning of its text became one: write a better one"
    warning = item.origin.warning("made-title", message)
    return replace(item, title=title, warnings=(*item.warnings, warning))


def _check_item(item: Item) -> None:
    if not one_line(item.title):
        raise ArticleError("no-title", "has neither a title nor a text; write one in the source")
    if item.published is None:
        raise ArticleError("no-date", "has no date; write one in the source, or give --date")
    check_size(len(item.body) + len(item.summary))


def _check_generator(name: str) -> None:
    """Refuse generators that would not recognise the written files as articles."""
    if name not in _SUPPORTED_GENERATORS:
        raise FeedsvcError(
            f"the content is read as content of {name}, which would not find imported articles; "
            f'import into a site of its own, or write generator = "{PLAIN}"'
        )


def _check_folder(into: str) -> None:
    if any(part[:1] in {"", ".", "_"} for part in into.split("/")):
        raise FeedsvcError(
            f"--into {into!r} is not a folder of articles; name one below content/, like "
            "notes/2022, with no part that begins with . or _"
        )
    if too_long := excess(into, MAX_PATH - _MAX_NAME):
        raise FeedsvcError(f"--into: the folder's path {too_long}; name another")
