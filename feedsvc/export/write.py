"""Requests paths from the app and writes the responses to files.

Files are replaced atomically, and left untouched if their content does not change.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication
from wsgiref.util import setup_testing_defaults

from msgspec.structs import replace

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

_REDIRECTS = (301, 308)
_NOT_FOUND = "//"  # a path that never exists
# Headers with fields of their own in the manifest, and those set by the server.
_EXCLUDED = frozenset(
    {"Accept-Ranges", "Cache-Control", "Content-Disposition", "Content-Length", "Content-Type"}
    | {"Date", "ETag", "Expires", "Last-Modified"}
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result for one path. target: None for 404 and 410. written: number of changed files."""

    path: str
    status: int
    target: Resource | Redirect | None = None
    written: int = 0


@dataclass(frozen=True, slots=True)
class _Response:
    """A response of the app. chunks: of the body; can be read once."""

    status: int
    headers: dict[str, str]
    chunks: Iterable[bytes]
    representation: Representation | None


class Writer:
    """Writes files below one folder. Thread-safe."""

    def __init__(self, publication: Publication, folder: Path) -> None:
        self._app: WSGIApplication = create_app(publication).wsgi_app
        self._folder = folder
        self._revision_time = dates.epoch(publication.newest()[1])
        self._folders: set[Path] = set()
        self._numbers = count()

    def is_current(self, job: Job) -> bool:
        """Return whether the files of a path are current, without a request."""
        is_known = job.version and job.known and job.known.version == job.version
        return bool(is_known and self._is_intact(job))

    def write_path(self, job: Job) -> Outcome:
        """Request a path, and update its files."""
        with self._request(job.path) as response:
            if response.status in _REDIRECTS:
                return Outcome(job.path, response.status, _redirect(response))
            if response.status != 200 or not job.file:
                return Outcome(job.path, response.status)
            return self._keep(job, response)

    def write_error(self, job: Job, status: int) -> Outcome:
        """Write the error page for 404 or 410."""
        with self._request(_NOT_FOUND if status == 404 else job.path) as response:
            if response.status != status:
                raise FeedsvcError(f"{job.path}: expected status {status}, got {response.status}")
            return self._keep(job, response)

    def write(self, name: str, chunks: Iterable[bytes], modified: int | None = None) -> int:
        """Write a file atomically; return its size. Raises FeedsvcError.

        modified: seconds since the epoch; None for now.
        """
        target = self._folder / name
        unique = f"{os.getpid()}-{threading.get_ident()}-{next(self._numbers)}"
        temporary = self._folder / names.TEMPORARY / unique
        try:
            self._create_folder(target.parent)
            with temporary.open("wb") as file:
                size = sum(map(file.write, chunks))
            if modified is not None:
                os.utime(temporary, (modified, modified))
            temporary.replace(target)
        except OSError as error:
            raise FeedsvcError(f"{target}: cannot be written: {error.strerror}") from None
        return size

    @contextmanager
    def _request(self, path: str) -> Iterator[_Response]:
        environ: dict[str, Any] = {"PATH_INFO": unquote_to_bytes(path).decode("latin-1")}
        setup_testing_defaults(environ)
        started: list[Any] = []
        chunks: Any = self._app(environ, lambda *given: started.extend(given))  # type: ignore[arg-type]
        try:
            status = int(started[0].split()[0])
            if status >= 500:
                kind = CatalogError if status == 503 else FeedsvcError
                raise kind(f"{path}: the app returned {status}; `feedsvc -v build` shows why")
            yield _Response(status, dict(started[1]), chunks, environ.get(REPRESENTATION_KEY))
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _keep(self, job: Job, response: _Response) -> Outcome:
        """Write a response to files, unless they are unchanged."""
        representation = response.representation
        # Such a body may not fit in memory, and is identified by its ETag.
        is_streamed = representation is None and "ETag" in response.headers and not job.codings
        body = b"" if is_streamed else b"".join(response.chunks)
        tag = response.headers["ETag"] if is_streamed else ""
        digest = tag or blake2b(body, digest_size=16).hexdigest()
        resource, known = self._describe(job, response, digest), job.known
        version = (resource.digest, resource.last_modified)
        if known and (known.digest, known.last_modified) == version and self._is_intact(job):
            resource = replace(resource, modified=known.modified, sizes=known.sizes)
            return Outcome(job.path, response.status, resource)
        bodies = {IDENTITY: response.chunks if is_streamed else (body,)}
        for coding in job.codings:
            coded = representation.make(coding).body if representation else encode(body, coding)
            bodies[coding] = (coded,)
        sizes = {
            coding: self.write(names.coded(job.file, coding), chunks, resource.modified)
            for coding, chunks in bodies.items()
        }
        return Outcome(job.path, response.status, replace(resource, sizes=sizes), len(sizes))

    def _describe(self, job: Job, response: _Response, digest: str) -> Resource:
        """Return the Resource for a response, without sizes.

        The headers of a representation do not depend on the time, unlike those of the response.
        """
        representation = response.representation
        headers, etags = response.headers, {}
        if representation:
            # Static files have no deltas.
            headers = {**dict(representation.make(IDENTITY).headers), "Vary": "Accept-Encoding"}
            etags = {coding: tag for tag, coding in representation.etags.items()}
        elif "ETag" in headers:
            etags[IDENTITY] = headers["ETag"]
        stamp = headers.get("Last-Modified")
        moment = dates.http_date(stamp, dates.from_epoch(0)) if stamp else None
        modified = dates.epoch(moment) if moment else self._revision_time
        known = job.known
        if known and known.digest != digest and known.modified == modified:
            # Servers derive validators from time and size, so different bytes need another time.
            modified += 1
        return Resource(
            file=job.file,
            type=headers["Content-Type"],
            last_modified=stamp,
            cache_control=headers.get("Cache-Control", ""),
            headers={name: value for name, value in headers.items() if name not in _EXCLUDED},
            etags=etags,
            digest=digest,
            modified=modified,
            sizes={},
            version=job.version,
        )

    def _is_intact(self, job: Job) -> bool:
        """Return whether all files, including codings, are unchanged since the previous build."""
        known = job.known
        if known is None or known.file != job.file or {*known.sizes} != {IDENTITY, *job.codings}:
            return False
        try:
            stats = [os.lstat(self._folder / name) for name in known.files]
        except OSError:
            return False
        times = {each.st_mtime_ns for each in stats}
        sizes = [each.st_size for each in stats]
        return sizes == list(known.sizes.values()) and times == {known.modified * 10**9}

    def _create_folder(self, folder: Path) -> None:
        """Create a folder below the build's folder. Never follows links."""
        if folder in self._folders or folder == self._folder:
            return
        self._create_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise FeedsvcError(f"{folder}: is a link, which may lead anywhere; remove it")
        self._folders.add(folder)


def remove(folder: Path, files: Iterable[str]) -> int:
    """Remove files of earlier builds, and folders that become empty; return the number of files.

    Missing files, and files that are reached through links, are skipped.
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
        for parent in target.relative_to(folder).parents[:-1]:
            try:
                (folder / parent).rmdir()
            except OSError:
                break
    return removed


def _redirect(response: _Response) -> Redirect:
    excluded = _EXCLUDED - {"Cache-Control"} | {"Location"}
    headers = {name: value for name, value in response.headers.items() if name not in excluded}
    return Redirect(response.status, response.headers["Location"], headers)
