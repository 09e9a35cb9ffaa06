"""Asks the app for a path and writes down what it answers; decides nothing of what there is.

A file is written aside and put into its place in one step: whoever looks sees the old one or the
new one. One that says the same already is not touched.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults

from feedsvc import dates
from feedsvc.errors import CatalogError, FeedsvcError
from feedsvc.export import names
from feedsvc.export.manifest import Redirect, Resource
from feedsvc.export.plan import Job
from feedsvc.http.conditional import REPRESENTATION_KEY
from feedsvc.http.fields import IDENTITY
from feedsvc.http.representation import Representation, encode
from feedsvc.publication import Publication
from feedsvc.web import create_app

_MOVED = (301, 308)
_NOWHERE = "//"  # where there never is anything
# What has a place of its own in the manifest, and what is for whoever sends the answer to say.
_OWN = frozenset(
    {
        "Accept-Ranges",
        "Cache-Control",
        "Content-Disposition",
        "Content-Length",
        "Content-Type",
        "Date",
        "ETag",
        "Expires",
        "Last-Modified",
    }
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one path. found: None where there is nothing (404), or nothing more (410).

    written: files that were not as they are now.
    """

    path: str
    status: int
    found: Resource | Redirect | None = None
    written: int = 0


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the app answered. shown: the representation that the answer was made of, if any.

    chunks: of the body, which are read once.
    """

    status: int
    headers: dict[str, str]
    chunks: Iterable[bytes]
    shown: Representation | None


class Writer:
    """Writes below one folder. Safe to share between threads."""

    def __init__(self, publication: Publication, folder: Path) -> None:
        self._app: WSGIApplication = create_app(publication).wsgi_app
        self._folder = folder
        self._changed = dates.epoch(publication.newest()[1])
        self._made: set[Path] = set()
        self._numbers = count()

    def is_done(self, job: Job) -> bool:
        """Tell without asking whether the files of a document are those of its present state."""
        tag = job.known and job.known.etags.get(IDENTITY, "")
        return bool(job.tag and tag and tag.startswith(f'"{job.tag}.')) and self._is_intact(job)

    def do(self, job: Job) -> Outcome:
        """Ask for a path, and see to it that its files say what the answer says."""
        with self._ask(job.path) as answer:
            if answer.status in _MOVED:
                return Outcome(job.path, answer.status, _redirect(answer))
            if answer.status != 200 or not job.file:
                return Outcome(job.path, answer.status)
            return self._keep(job, answer)

    def do_error(self, job: Job, status: int) -> Outcome:
        """Write down what is answered where there is nothing (404), or nothing more (410)."""
        with self._ask(_NOWHERE if status == 404 else job.path) as answer:
            if answer.status != status:
                raise FeedsvcError(f"{job.path}: {status} was due, but {answer.status} came")
            return self._keep(job, answer)

    def write(self, name: str, chunks: Iterable[bytes], modified: int | None = None) -> int:
        """Put a file into its place; return its size. Raises FeedsvcError.

        modified: seconds since the epoch; None for the present.
        """
        target = self._folder / name
        own = f"{os.getpid()}-{threading.get_ident()}-{next(self._numbers)}"
        aside = self._folder / names.TEMPORARY / own
        try:
            self._make(target.parent)
            with aside.open("wb") as file:
                size = sum(map(file.write, chunks))
            if modified is not None:
                os.utime(aside, (modified, modified))
            aside.replace(target)
        except OSError as error:
            raise FeedsvcError(f"{target}: cannot be written: {error.strerror}") from None
        return size

    @contextmanager
    def _ask(self, path: str) -> Iterator[_Answer]:
        environ: dict[str, Any] = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1")}
        setup_testing_defaults(environ)
        started: list[Any] = []
        chunks: Any = self._app(environ, lambda *given: started.extend(given))  # type: ignore[arg-type]
        try:
            status = int(started[0].split()[0])
            if status >= 500:
                kind = CatalogError if status == 503 else FeedsvcError
                raise kind(f"{path} cannot be made ({status}); `feedsvc -v build` shows why")
            yield _Answer(status, dict(started[1]), chunks, environ.get(REPRESENTATION_KEY))
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _keep(self, job: Job, answer: _Answer) -> Outcome:
        if answer.shown is None and "ETag" in answer.headers and not job.codings:
            return self._copy(job, answer)
        body = b"".join(answer.chunks)
        found = self._describe(job, answer, blake2b(body, digest_size=16).hexdigest())
        if job.known and _says_the_same(job.known, found) and self._is_intact(job):
            return _unchanged(job, answer, found, job.known)
        bodies = {IDENTITY: body} | {
            coding: answer.shown.make(coding).body if answer.shown else encode(body, coding)
            for coding in job.codings
        }
        sizes = {
            coding: self.write(names.coded(job.file, coding), (each,), found.modified)
            for coding, each in bodies.items()
        }
        return Outcome(job.path, answer.status, replace(found, sizes=sizes), len(sizes))

    def _copy(self, job: Job, answer: _Answer) -> Outcome:
        """Keep what may be too large for memory, and has a validator to tell it by."""
        found = self._describe(job, answer, answer.headers["ETag"])
        if job.known and _says_the_same(job.known, found) and self._is_intact(job):
            return _unchanged(job, answer, found, job.known)
        size = self.write(job.file, answer.chunks, found.modified)
        return Outcome(job.path, answer.status, replace(found, sizes={IDENTITY: size}), 1)

    def _describe(self, job: Job, answer: _Answer, digest: str) -> Resource:
        """Return what an answer says of itself, but for the sizes.

        The headers of a representation are those that hold at any time: what an answer says besides
        may be for the next minutes alone.
        """
        shown = answer.shown
        headers = dict(shown.make(IDENTITY).headers) if shown else answer.headers
        etags = {coding: tag for tag, coding in shown.etags.items()} if shown else {}
        if not shown and "ETag" in headers:
            etags[IDENTITY] = headers["ETag"]
        stamp = headers.get("Last-Modified")
        moment = dates.http_date(stamp, dates.from_epoch(0)) if stamp else None
        modified = dates.epoch(moment) if moment else self._changed
        known = job.known
        if known and known.digest != digest and known.modified == modified:
            # Servers make validators of time and size: other bytes never have the same time.
            modified += 1
        return Resource(
            file=job.file,
            type=headers["Content-Type"],
            last_modified=stamp,
            cache_control=headers.get("Cache-Control", ""),
            headers={name: value for name, value in headers.items() if name not in _OWN},
            etags=etags,
            digest=digest,
            modified=modified,
            sizes={},
        )

    def _is_intact(self, job: Job) -> bool:
        """Tell whether the files are as the last build left them, and no coding is missing."""
        known = job.known
        if known is None or known.file != job.file or {*known.sizes} != {IDENTITY, *job.codings}:
            return False
        try:
            found = [os.lstat(self._folder / name) for name in known.files]
        except OSError:
            return False
        times = {each.st_mtime_ns for each in found}
        sizes = [each.st_size for each in found]
        return sizes == list(known.sizes.values()) and times == {known.modified * 10**9}

    def _make(self, folder: Path) -> None:
        """Make a folder below ours where it is missing. Never goes through a link."""
        if folder in self._made or folder == self._folder:
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise FeedsvcError(f"{folder}: is a link, which may lead anywhere; remove it")
        self._made.add(folder)


def remove(folder: Path, files: Iterable[str]) -> int:
    """Remove files that an earlier build wrote, and the folders that are empty then; count them.

    One that is no longer there, or that only a link leads to, is left alone.
    """
    removed = 0
    for name in sorted(files, reverse=True):
        target = folder / name
        if target.parent.resolve() != folder / Path(name).parent:
            continue
        try:
            target.unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
            continue
        removed += 1
        for above in target.relative_to(folder).parents[:-1]:
            try:
                (folder / above).rmdir()
            except OSError:
                break
    return removed


def _redirect(answer: _Answer) -> Redirect:
    own = _OWN - {"Cache-Control"} | {"Location"}
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    return Redirect(answer.status, answer.headers["Location"], headers)


def _unchanged(job: Job, answer: _Answer, found: Resource, known: Resource) -> Outcome:
    kept = replace(found, modified=known.modified, sizes=known.sizes)
    return Outcome(job.path, answer.status, kept)


def _says_the_same(known: Resource, found: Resource) -> bool:
    return known.digest == found.digest and known.last_modified == found.last_modified
