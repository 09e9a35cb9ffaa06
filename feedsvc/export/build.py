"""Builds the site into a folder: plans, writes, tells hosts how to serve it, removes what is gone.

Files of one build are of one revision: if another process publishes meanwhile, what that changed is
asked for again. A build that is killed leaves every file as it was or as it was to be, and the next
one finishes the work.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NoReturn

from feedsvc import plugins
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.export import hosts, manifest, names
from feedsvc.export.manifest import Manifest, Redirect, Resource
from feedsvc.export.plan import Job, Wanted, plan
from feedsvc.export.workers import do_all
from feedsvc.export.write import Outcome, Writer, remove
from feedsvc.publication import Publication

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. paths: answered with files. files: how many there are, codings included;
    written, removed: of them. revision: which they show. due: when something is released or expires
    next, and the build is to be run again.
    """

    paths: int
    files: int
    written: int
    removed: int
    revision: int
    due: datetime | None


def build(settings: Settings, publication: Publication, folder: Path, wanted: Wanted) -> Built:
    """Bring a folder into line with the publication. Raises FeedsvcError."""
    folder = _checked(folder, settings)
    with _alone(folder) as lock:
        return _Build(settings, publication, folder, lock, wanted).run()


def check(settings: Settings, folder: Path) -> None:
    """Refuse, before anything is published, a folder in which `build` would refuse to work.

    The folder is made if it is missing. Raises FeedsvcError.
    """
    folder = _checked(folder, settings)
    with _alone(folder):
        manifest.load(folder)


class _Build:
    """One build. lock: see `do_all`. earlier: what the last one left."""

    def __init__(
        self,
        settings: Settings,
        publication: Publication,
        folder: Path,
        lock: int,
        wanted: Wanted,
    ) -> None:
        self._settings = settings
        self._publication = publication
        self._folder = folder
        self._lock = lock
        self._wanted = wanted
        self._earlier = manifest.load(folder) or Manifest()
        self._writer: Writer  # one for each try, as it knows the revision
        self._made_by = _made_by(settings)
        self._written = self._removed = 0

    def run(self) -> Built:
        """Do it, again where another process published meanwhile."""
        known, made_by = dict(self._earlier.paths), self._earlier.made_by
        for _ in range(_TRIES):
            now = self._publication.newest()
            self._writer = Writer(self._publication, self._folder)
            outcomes = self._do(known, made_by)
            if self._publication.newest() == now:
                return self._finish(outcomes, now[0])
            found = {each.path: each.found for each in outcomes}
            known = {path: each for path, each in found.items() if isinstance(each, Resource)}
            made_by = self._made_by
        raise FeedsvcError("the site changes faster than it can be built; try again later")

    def _do(self, known: dict[str, Resource], made_by: str) -> list[Outcome]:
        jobs = plan(self._publication, self._wanted, known)
        if made_by != self._made_by:  # then a tag may stand for other bytes
            jobs = [replace(job, tag=None) for job in jobs]
        self._reserve({file for job in jobs for file in job.files})
        done = [job for job in jobs if self._writer.is_done(job)]
        paths = {job.path for job in done}
        pending = [job for job in jobs if job.path not in paths]
        outcomes = [Outcome(job.path, 200, job.known) for job in done]
        outcomes += do_all(self._settings, self._folder, self._lock, self._writer, pending)
        self._written += sum(each.written for each in outcomes)
        return outcomes

    def _finish(self, outcomes: Sequence[Outcome], revision: int) -> Built:
        found = {each.path: each.found for each in outcomes}
        paths = {path: each for path, each in found.items() if isinstance(each, Resource)}
        gone = tuple(sorted(each.path for each in outcomes if each.status == 410))
        made = Manifest(
            base_url=self._settings.base_url,
            made_by=self._made_by,
            revision=revision,
            paths=paths,
            redirects={path: each for path, each in found.items() if isinstance(each, Redirect)},
            gone=gone,
            errors=self._errors(gone),
        )
        files = self._own_files() | {file for each in paths.values() for file in each.files}
        for name, text in hosts.texts(made).items():
            self._put(name, text.encode())
        self._removed += remove(self._folder, self._earlier.files - files)
        self._put(names.MANIFEST, replace(made, files=frozenset(files)).dump())
        _, due = self._publication.state()
        return Built(len(paths), len(files), self._written, self._removed, revision, due)

    def _errors(self, gone: Sequence[str]) -> dict[int, Resource]:
        if self._wanted.only:
            return {}
        errors = {}
        for status, path in ((404, "/"), *((410, path) for path in gone[:1])):
            known = self._earlier.errors.get(status)
            job = Job(path, names.ERRORS[status], self._wanted.codings, known=known)
            outcome = self._writer.do_error(job, status)
            self._written += outcome.written
            if isinstance(outcome.found, Resource):
                errors[status] = outcome.found
        return errors

    def _reserve(self, files: set[str]) -> None:
        """Note what may be written before it is, so that what a killed build leaves is known.

        What stands in the way is removed if a build wrote it, and a reason to stop if not.
        """
        files |= self._own_files()
        new = files - self._earlier.files
        for name in sorted(new):
            if (self._folder / name).is_file() or (self._folder / name).is_symlink():
                raise FeedsvcError(
                    f"{self._folder / name}: is in the way and was not written by `feedsvc build`; "
                    "move it elsewhere"
                )
        old = self._earlier.files - files
        above = {each for name in new for each in _above(name)}
        blocking = {name for name in old if name in above or not new.isdisjoint(_above(name))}
        self._removed += remove(self._folder, blocking)
        if new:
            self._earlier = replace(self._earlier, files=self._earlier.files | files)
            self._put(names.MANIFEST, self._earlier.dump())

    def _own_files(self) -> set[str]:
        """Return the names of the files that no path leads to, as they may be there."""
        codings = ("", *self._wanted.codings)
        errors = () if self._wanted.only else names.ERRORS.values()
        return {*names.RULES, *(names.coded(file, each) for file in errors for each in codings)}

    def _put(self, name: str, body: bytes) -> None:
        """Write a file that says something else than it did."""
        try:
            known = (self._folder / name).read_bytes()
        except OSError:
            known = None
        if known != body:
            self._writer.write(name, (body,))
            self._written += 1


def _checked(folder: Path, settings: Settings) -> Path:
    """Return where a folder really is. Raises FeedsvcError where nothing should be built there."""
    found = folder.resolve()
    if found == settings.site:
        _refuse(folder, "is the site itself; name a folder of its own, like public")
    if found.is_relative_to(settings.content):
        _refuse(folder, "is where the articles are; name a folder elsewhere")
    if settings.site.is_relative_to(found) or settings.content.is_relative_to(found):
        _refuse(folder, "has the site in it; name a folder of its own, like public")
    if not found.exists():
        return found
    if not found.is_dir():
        _refuse(folder, "is not a folder; name another")
    inside = {each.name for each in found.iterdir()}
    if inside and inside.isdisjoint({names.MANIFEST, names.TEMPORARY}):
        _refuse(
            folder, "is not empty and `feedsvc build` did not make it; empty it or name another"
        )
    return found


def _refuse(folder: Path, why: str) -> NoReturn:
    raise FeedsvcError(f"{folder}: {why}")


@contextmanager
def _alone(folder: Path) -> Iterator[int]:
    """Let one build at a time work in a folder, and leave nothing unfinished in it.

    Yields the descriptor of the lock.
    """
    aside = folder / names.TEMPORARY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir()
            yield lock
            shutil.rmtree(aside, ignore_errors=True)
        finally:
            os.close(lock)
    except BlockingIOError:
        _refuse(folder, "another `feedsvc build` is writing there; wait until it has ended")
    except OSError as error:
        _refuse(folder, f"cannot be written: {error.strerror}")


def _made_by(settings: Settings) -> str:
    said = hashlib.blake2b(settings.fingerprint().encode(), digest_size=16)
    return f"{plugins.release()} {said.hexdigest()}"


def _above(name: str) -> list[str]:
    """Return the folders that a file is in."""
    return [str(each) for each in PurePosixPath(name).parents][:-1]
