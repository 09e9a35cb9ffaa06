"""Where the documents of a feed source come from: files of the site, or a URL."""

import time
from collections.abc import Iterator
from glob import glob, has_magic
from pathlib import Path
from threading import Thread

from feedsvc.errors import FeedsvcError, Problem
from feedsvc.fetch import Answer, FetchError, Limits, get, read_file

MAX_SIZE = 100_000_000  # bytes
_PATIENCE = 60  # seconds
_SETTLED = 2.0  # seconds, as file systems have coarse time stamps


class Files:
    """The files with these paths or glob patterns, relative to the site."""

    def __init__(self, site: Path, patterns: tuple[str, ...]) -> None:
        self._site = site
        self._patterns = patterns

    def state(self) -> object:
        """Return a value that is equal as long as no file changes; None if that is not certain.

        A file that changed just now may change again within the same time stamp. Raises
        FeedsvcError if there are no files.
        """
        found = []
        for path in self._paths():
            try:
                status = path.stat()
            except OSError:
                return None
            if status.st_ctime > time.time() - _SETTLED:
                return None
            found.append((path, status.st_ino, status.st_size, status.st_mtime_ns))
        return found

    def read(self) -> Iterator[tuple[str, bytes | Problem]]:
        """Yield the name of each file relative to the site, and its bytes or a Problem."""
        for path in self._paths():
            relative = path.relative_to(self._site) if path.is_relative_to(self._site) else path
            name = relative.as_posix()
            try:
                yield name, read_file(path, MAX_SIZE)
            except FetchError as error:
                reason = str(error).removeprefix(f"{path}: ")
                message = f"{reason}; its articles stay as they are: run the build that writes it"
                yield name, Problem(name, 0, "unreachable-source", message)

    def folders(self) -> tuple[Path, ...]:
        """Return the folders that contain the files; for a pattern, the one above its wildcards."""
        folders = set()
        for pattern in self._patterns:
            path = self._site / pattern
            while has_magic(str(path)):
                path = path.parent
            folders.add(path if has_magic(pattern) else path.parent)
        return tuple(sorted(folders))

    def _paths(self) -> list[Path]:
        """Return the files in the order of their paths. Raises FeedsvcError if there are none."""
        paths: set[Path] = set()
        for pattern in self._patterns:
            if has_magic(pattern):
                found = glob(str(self._site / pattern), recursive=True)  # noqa: PTH207 - absolute, too
                paths |= {path for path in map(Path, found) if path.is_file()}
            else:
                paths.add(self._site / pattern)
        if not paths:
            patterns = ", ".join(self._patterns)
            raise FeedsvcError(f"no file matches {patterns}; run the build that writes them")
        return sorted(paths)


class Remote:
    """The document at a URL, requested at most once in `every` seconds.

    Requests after the first run in a thread, so that a slow server does not delay the release of an
    article; until they end, the previous document is used.
    """

    def __init__(self, url: str, every: float, *, private: bool) -> None:
        self._url = url
        self._every = every
        self._limits = Limits(MAX_SIZE, _PATIENCE, public=not private)
        self._answer: Answer | None = None
        self._failure: FeedsvcError | None = None
        self._requested = float("-inf")  # by the monotonic clock
        self._thread: Thread | None = None

    def state(self) -> object:
        """Return the current answer, after requesting a new one if due. Raises FeedsvcError."""
        is_running = self._thread is not None and self._thread.is_alive()
        if not is_running and time.monotonic() >= self._requested + self._every:
            self._requested = time.monotonic()
            if self._answer:
                self._thread = Thread(target=self._request, daemon=True)
                self._thread.start()
            else:
                self._request()
        if self._failure:
            raise self._failure
        return self._answer

    def read(self) -> Iterator[tuple[str, bytes | Problem]]:
        """Yield the document."""
        if self._answer:
            yield self._url, self._answer.body

    def _request(self) -> None:
        try:
            answer = get(self._url, self._limits, self._answer)
            if answer.status not in (200, 304):
                raise FetchError(f"{self._url}: returned the status {answer.status} instead of 200")
        except FeedsvcError as error:
            self._failure = error
        else:
            self._answer = answer if answer.status == 200 else self._answer
            self._failure = None
