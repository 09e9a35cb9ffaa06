"""Builds the site into a folder: writes files and host configuration, removes obsolete files.

All files of a build show the same revision: if another process publishes meanwhile, changed paths
are requested again. A killed build leaves each file in its old or new state, and the next build
completes it.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import NoReturn, TypeVar

from msgspec import structs

from feedsvc import plugins
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.export import hosts, manifest, names
from feedsvc.export.manifest import Manifest, Redirect, Resource
from feedsvc.export.plan import BuildOptions, Job, plan
from feedsvc.export.workers import run_jobs
from feedsvc.export.write import Outcome, Writer, remove
from feedsvc.publication import Publication

_MAX_ATTEMPTS = 5
_Target = TypeVar("_Target", Resource, Redirect)


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The result of a build.

    paths: number of paths with a file. files: number of files, including codings. written,
    removed: numbers of changed files. revision: of the catalog. due: the next release or expiry,
    when the build must be run again.
    """

    paths: int
    files: int
    written: int
    removed: int
    revision: int
    due: datetime | None


def build(
    settings: Settings, publication: Publication, folder: Path, options: BuildOptions
) -> BuildReport:
    """Update a folder to match the publication. Raises FeedsvcError."""
    folder = _validated(folder, settings)
    with _locked(folder) as lock:
        return _Build(settings, publication, folder, lock, options).run()


def check(settings: Settings, folder: Path) -> None:
    """Validate a folder before anything is published, as `build` does.

    Creates the folder if it is missing. Raises FeedsvcError.
    """
    folder = _validated(folder, settings)
    with _locked(folder):
        manifest.load(folder)


def private_folder(settings: Settings) -> Path:
    """Return the folder, within the site, for builds that are copied elsewhere."""
    return settings.site / ".feedsvc" / "builds"


@dataclass(eq=False)
class _Build:
    """One build. lock: see `run_jobs`."""

    settings: Settings
    publication: Publication
    folder: Path
    lock: int
    options: BuildOptions

    def __post_init__(self) -> None:
        self._previous = manifest.load(self.folder) or Manifest()
        self._writer: Writer  # created for each attempt, as it depends on the revision
        self._fingerprint = _fingerprint(self.settings, self.publication.hubs)
        self._written = self._removed = 0

    def run(self) -> BuildReport:
        """Build, and repeat if another process published meanwhile."""
        known, fingerprint = dict(self._previous.paths), self._previous.fingerprint
        for _ in range(_MAX_ATTEMPTS):
            newest = self.publication.newest()
            self._writer = Writer(self.publication, self.folder)
            outcomes = self._write(known, fingerprint)
            if self.publication.newest() == newest:
                return self._finish(outcomes, newest[0])
            known = _targets(outcomes, Resource)
            fingerprint = self._fingerprint
        raise FeedsvcError("the site changes faster than it can be built; try again later")

    def _write(self, known: dict[str, Resource], fingerprint: str) -> list[Outcome]:
        if fingerprint != self._fingerprint:  # the same version may stand for different bytes
            known = {path: structs.replace(each, version="") for path, each in known.items()}
        jobs = plan(self.publication, self.options, known)
        self._reserve({file for job in jobs for file in job.files})
        outcomes, pending = [], []
        for job in jobs:
            if self._writer.is_current(job):
                outcomes.append(Outcome(job.path, 200, job.known))
            else:
                pending.append(job)
        outcomes += run_jobs(self.settings, self.folder, self.lock, self._writer, pending)
        self._written += sum(each.written for each in outcomes)
        return outcomes

    def _finish(self, outcomes: Sequence[Outcome], revision: int) -> BuildReport:
        paths = _targets(outcomes, Resource)
        gone = tuple(sorted(each.path for each in outcomes if each.status == 410))
        new = Manifest(
            base_url=self.settings.base_url,
            fingerprint=self._fingerprint,
            revision=revision,
            paths=paths,
            redirects=_targets(outcomes, Redirect),
            gone=gone,
            errors=self._errors(gone),
        )
        files = self._own_files() | {file for each in paths.values() for file in each.files}
        for name, text in hosts.texts(new).items():
            self._put(name, text.encode())
        self._removed += remove(self.folder, self._previous.files - files)
        self._put(names.MANIFEST, structs.replace(new, files=frozenset(files)).dump())
        _, due = self.publication.state()
        return BuildReport(len(paths), len(files), self._written, self._removed, revision, due)

    def _errors(self, gone: Sequence[str]) -> dict[int, Resource]:
        if self.options.only:
            return {}
        errors = {}
        for status, path in ((404, "/"), *((410, path) for path in gone[:1])):
            known = self._previous.errors.get(status)
            job = Job(path, names.ERRORS[status], self.options.codings, known=known)
            outcome = self._writer.write_error(job, status)
            self._written += outcome.written
            if isinstance(outcome.target, Resource):
                errors[status] = outcome.target
        return errors

    def _reserve(self, files: set[str]) -> None:
        """Record files before they are written, for the next build if this one is killed.

        Blocking files are removed if a build wrote them. Raises FeedsvcError for any other.
        """
        files |= self._own_files()
        new = files - self._previous.files
        for name in sorted(new):
            if (self.folder / name).is_file() or (self.folder / name).is_symlink():
                raise FeedsvcError(
                    f"{self.folder / name}: is in the way and was not written by `feedsvc build`; "
                    "move it elsewhere"
                )
        old = self._previous.files - files
        parents = {parent for name in new for parent in _parents(name)}
        blocking = {name for name in old if name in parents or not new.isdisjoint(_parents(name))}
        self._removed += remove(self.folder, blocking)
        if new:
            self._previous = structs.replace(self._previous, files=self._previous.files | files)
            self._put(names.MANIFEST, self._previous.dump())

    def _own_files(self) -> set[str]:
        """Return the names of possible files that belong to no path."""
        codings = ("", *self.options.codings)
        errors = () if self.options.only else names.ERRORS.values()
        return {*names.RULES, *(names.coded(file, coding) for file in errors for coding in codings)}

    def _put(self, name: str, body: bytes) -> None:
        """Write a file if its content changed."""
        old = None
        with suppress(OSError):
            old = (self.folder / name).read_bytes()
        if old != body:
            self._writer.write(name, (body,))
            self._written += 1


def _validated(folder: Path, settings: Settings) -> Path:
    """Return the real path of a folder. Raises FeedsvcError if it is unsuitable for a build."""
    resolved = folder.resolve()
    if resolved == settings.site:
        _refuse(folder, "is the site itself; name a folder of its own, like public")
    is_private = resolved.is_relative_to(private_folder(settings))  # and hidden
    if resolved.is_relative_to(settings.content) and not is_private:
        _refuse(folder, "is in the content folder; name a folder elsewhere")
    if settings.site.is_relative_to(resolved) or settings.content.is_relative_to(resolved):
        _refuse(folder, "contains the site; name a folder of its own, like public")
    if not resolved.exists():
        return resolved
    if not resolved.is_dir():
        _refuse(folder, "is not a folder; name another")
    inside = {entry.name for entry in resolved.iterdir()}
    if inside and inside.isdisjoint({names.MANIFEST, names.TEMPORARY}):
        why = "is not empty and was not written by `feedsvc build`; empty it or name another"
        _refuse(folder, why)
    return resolved


def _refuse(folder: Path, why: str) -> NoReturn:
    raise FeedsvcError(f"{folder}: {why}")


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Lock a folder for one build, with an empty folder for temporary files.

    Yields the descriptor of the lock.
    """
    temporary = folder / names.TEMPORARY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir()
            yield lock
            shutil.rmtree(temporary, ignore_errors=True)
        finally:
            os.close(lock)
    except BlockingIOError:
        _refuse(folder, "another `feedsvc build` is writing there; wait until it has finished")
    except OSError as error:
        _refuse(folder, f"cannot be written: {error.strerror}")


def _fingerprint(settings: Settings, hubs: Sequence[str]) -> str:
    digest = hashlib.blake2b(" ".join((settings.fingerprint(), *hubs)).encode(), digest_size=16)
    return f"{plugins.release()} {digest.hexdigest()}"


def _targets(outcomes: Iterable[Outcome], kind: type[_Target]) -> dict[str, _Target]:
    """Return the targets of one kind, by path."""
    return {each.path: each.target for each in outcomes if isinstance(each.target, kind)}


def _parents(name: str) -> list[str]:
    """Return the folders that contain a file, relative to the build's folder."""
    return [str(parent) for parent in PurePosixPath(name).parents][:-1]
