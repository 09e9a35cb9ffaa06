"""The recordings of one imported episode, in the folder of its article."""

import errno
import shutil
from collections.abc import Mapping
from pathlib import Path

from feedsvc.errors import ArticleError, FeedsvcError
from feedsvc.fetch import FetchError
from feedsvc.importers.clean import Cleaner
from feedsvc.importers.download import (
    Downloader,
    Partial,
    UnavailableError,
    is_recording,
    suffix,
)

# The errors of file systems without hard links, such as FAT and some network file systems.
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP}


class Recordings:
    """Downloads recordings, and names them after their article."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fetched: dict[str, tuple[Partial, str]] = {}  # with the suffix, by URL
        self._placed: list[Path] = []

    def fetch(self, downloader: Downloader, cleaner: Cleaner) -> None:
        """Download the recordings of an item; a warning for each that is not available.

        Raises ArticleError if another attempt may succeed.
        """
        found = list(cleaner.enclosures())
        cleaner.warnings.clear()  # they are reported when the article is composed
        for each in found:
            if not is_recording(each.url, each.type):
                continue
            try:
                partial = downloader.fetch(each.url, self._folder)
            except UnavailableError as error:
                Partial.of(each.url, self._folder).discard()
                message = f"has the recording {each.url[:200]}, which {error}; it stays there"
                cleaner.warn("not-downloaded", message)
            except FetchError as error:
                message = f"waits for its recording: {error}; run the import again to continue"
                raise ArticleError("not-downloaded", message) from None
            else:
                self._fetched[each.url] = partial, suffix(each.url, each.type)

    def place(self, slug: str) -> Mapping[str, str] | None:
        """Give all recordings names that begin with a slug, and return the names by URL.

        None if one of these files exists. Raises FeedsvcError.
        """
        local: dict[str, str] = {}
        for number, (url, (partial, end)) in enumerate(self._fetched.items(), 1):
            name = f"{slug}{end}" if number == 1 else f"{slug}-{number}{end}"
            try:
                link(partial.path, self._folder / name)
            except FileExistsError:
                self.withdraw()
                return None
            except OSError as error:
                self.withdraw()
                message = f"{self._folder / name}: cannot be written: {error.strerror}"
                raise FeedsvcError(message) from None
            self._placed.append(self._folder / name)
            local[url] = name
        return local

    def withdraw(self) -> None:
        """Remove the names again."""
        for path in self._placed:
            path.unlink(missing_ok=True)
        self._placed.clear()

    def finish(self) -> None:
        """Remove the temporary files of the downloads."""
        for partial, _ in self._fetched.values():
            partial.discard()


def link(source: Path, target: Path) -> None:
    """Give a file a second name; unlike a rename, this never replaces a file.

    Copies it where hard links are not supported. Raises FileExistsError, OSError.
    """
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with source.open("rb") as file, target.open("xb") as copy:
            try:
                shutil.copyfileobj(file, copy)
                copy.flush()
            except OSError:
                target.unlink()  # created here, so no other file is lost
                raise
