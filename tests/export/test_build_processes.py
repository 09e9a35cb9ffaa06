"""Builds that are killed, interrupted or distributed over processes."""

import multiprocessing
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedsvc.errors import FeedsvcError
from feedsvc.export import build as building
from feedsvc.export import names, workers
from feedsvc.export.manifest import Manifest
from feedsvc.export.plan import BuildOptions, Job
from feedsvc.export.write import Outcome, Writer
from feedsvc.model import Format
from tests import programs
from tests.export.places import (
    FILES,
    QUICK,
    TOML,
    Place,
    Serve,
    files_below,
    lived_in,
)
from tests.serving import PATIENCE
from tests.sites import article
from tests.soak import SOAK


@pytest.mark.parametrize("after", [0, 1, 7, 20] if SOAK else [1, 20])
def test_a_killed_build_is_completed_by_the_next(
    place: Place, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    place.build()
    old = {name: (place.out / name).read_bytes() for name in files_below(place.out)}
    place.save("two.md", article("Two", "2022-02-18", "Other words.", tags=["x", "new"]))
    place.save("one.md", article("One", "2022-02-17", "No picture.", tags=["x"]))
    count = 0
    put = Writer.write

    def die(self: Writer, *given: object) -> int:
        nonlocal count
        count += 1
        if count > after:
            raise KeyboardInterrupt
        return put(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Writer, "write", die)
    with pytest.raises(KeyboardInterrupt):
        place.build()
    monkeypatch.undo()
    between = {name: (place.out / name).read_bytes() for name in files_below(place.out)}
    place.build()
    new = {name: (place.out / name).read_bytes() for name in files_below(place.out)}
    assert not (place.out / names.TEMPORARY).exists()
    for name, body in between.items():
        aside = name.startswith(names.TEMPORARY) or name == names.MANIFEST
        assert aside or body in (old.get(name), new.get(name)), name
    fresh = building.build(place.settings, place.publication, place.out.parent / "b", QUICK)
    assert fresh.revision == place.manifest.revision
    assert {
        name: (place.out.parent / "b" / name).read_bytes()
        for name in files_below(place.out.parent / "b")
    }.keys() == new.keys()
    for name, body in new.items():
        if name != names.MANIFEST:
            assert (place.out.parent / "b" / name).read_bytes() == body, name


def test_unneeded_files_of_a_killed_build_are_removed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.build()
    place.save("three.md", article("Three", "2022-03-01", tags=["z"]))
    monkeypatch.setattr(building._Build, "_finish", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        place.build()
    monkeypatch.undo()
    assert (place.out / "articles/three.html").exists()
    place.withdraw("three.md")
    place.build()
    assert not (place.out / "articles/three.html").exists()
    assert files_below(place.out) == place.manifest.files | {names.MANIFEST}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_files_are_of_one_revision(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may publish while a build runs."""
    do = Writer.write_path
    edits = iter(["first", "second"])

    def do_and_publish(self: Writer, job: Job) -> Outcome:
        done = do(self, job)
        if (text := next(edits, None)) is not None:
            place.save("two.md", article("Two", "2022-02-18", text, tags=["x"]))
        return done

    monkeypatch.setattr(Writer, "write_path", do_and_publish)
    built = place.build()
    monkeypatch.undo()
    assert built.revision == place.publication.newest()[0] == 3
    serve = Serve(place)
    for path in place.manifest.paths:
        assert serve.ask(path).body == place.file(path), path


def test_a_site_that_changes_constantly_is_an_error(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = iter(range(1000))
    monkeypatch.setattr(place.publication, "newest", lambda: (next(numbers), datetime.now(UTC)))
    with pytest.raises(FeedsvcError, match="changes faster than it can be built"):
        place.build(BuildOptions((Format.RSS,)))


def test_builds_of_equal_sites_are_equal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conformance 24: whatever the order of the jobs."""
    asked: list[str] = []
    do_error = Writer.write_error

    def note(self: Writer, job: Job, status: int) -> Outcome:
        asked.append(job.path)
        return do_error(self, job, status)

    monkeypatch.setattr(Writer, "write_error", note)
    place = lived_in(tmp_path)
    place.build()
    assert len(place.manifest.gone) > 5
    do_all = workers.run_jobs
    monkeypatch.setattr(building, "run_jobs", lambda *given: do_all(*given)[::-1])
    other = tmp_path / "other"
    building.build(place.settings, place.publication, other, QUICK)
    assert asked[:2] == asked[2:] == ["/", min(place.manifest.gone)]
    assert files_below(other) == files_below(place.out)
    for name in files_below(other):
        assert (other / name).read_bytes() == (place.out / name).read_bytes(), name
        if name not in (names.MANIFEST, *names.RULES):
            assert (other / name).stat().st_mtime == (place.out / name).stat().st_mtime, name


def test_worker_processes_write_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, TOML, FILES)
    place.build()
    other = tmp_path / "other"
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    building.build(place.settings, place.publication, other, QUICK)
    assert files_below(other) == files_below(place.out)
    for name in files_below(other):
        assert (other / name).read_bytes() == (place.out / name).read_bytes(), name


def test_a_killed_worker_is_reported_clearly(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr(workers, "_BATCH", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)

    def kill(*_: object) -> bool:
        for worker in multiprocessing.active_children():
            worker.kill()
            worker.join()
        return False

    monkeypatch.setattr(Future, "cancel", kill)
    with pytest.raises(FeedsvcError, match="was killed"):
        place.build()
    assert not multiprocessing.active_children()


def test_an_error_of_a_worker_is_raised(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_MANY", 2)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(Future, "cancel", lambda _: False)  # this process gets no jobs
    (place.out / "feeds").mkdir(parents=True)
    (place.out / "feeds" / "all.rss").mkdir()
    (place.out / names.MANIFEST).write_bytes(Manifest().dump())
    with pytest.raises(FeedsvcError, match=r"all\.rss: cannot be written: Is a directory"):
        place.build()


# Builds with one worker. This process itself takes a batch, however far the worker is, only prints
# the worker's id, and waits.
_BUILD = """
import multiprocessing, os, signal, sys, threading
from concurrent.futures import Future
from pathlib import Path
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import load
from feedsvc.export import workers
from feedsvc.export.build import build
from feedsvc.export.plan import BuildOptions
from feedsvc.publication import Publication

def wait(*_):
    print(multiprocessing.active_children()[0].pid, flush=True)
    threading.Event().wait()

def take(future):
    Future.cancel = cancel
    return True

signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
workers._MANY, workers._BATCH, workers._run = 2, 1, wait
cancel, Future.cancel = Future.cancel, take
os.cpu_count = lambda: 2
settings = load(Path(sys.argv[1]), {})
publication = Publication(settings, Catalog(settings.database))
try:
    build(settings, publication, Path(sys.argv[2]), BuildOptions())
except KeyboardInterrupt:
    print("interrupted")
"""


@contextmanager
def building_elsewhere(place: Place) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Build in a new session; yield the process and the id of its only worker."""
    with programs.popen(
        ["-c", _BUILD, place.folder, place.out, "serve"],  # with a fork server for its worker
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        try:
            yield process, int(process.stdout.readline())
        finally:
            process.kill()  # or a failed test would wait for it


def is_alive(pid: int) -> bool:
    """Whether a process is running, and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # the second if it ends after it was opened
        return False


def test_a_worker_keeps_the_lock_and_ends_after_its_parent_is_killed(place: Place) -> None:
    """As after `kill -9`. A suspended worker does not notice, and might still be writing."""
    with building_elsewhere(place) as (process, worker):
        os.kill(worker, signal.SIGSTOP)
        process.kill()
        process.wait()
        with pytest.raises(FeedsvcError, match="another `feedsvc build` is writing there"):
            place.build()
        os.kill(worker, signal.SIGCONT)
    end = time.monotonic() + PATIENCE
    while is_alive(worker):
        assert time.monotonic() < end
        time.sleep(0.01)
    place.build()


def test_an_interrupted_build_leaves_no_worker_and_prints_nothing_else(place: Place) -> None:
    """Ctrl-C reaches all processes of a terminal."""
    with building_elsewhere(place) as (process, worker):
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
    assert (output, errors) == ("interrupted\n", "")
    assert not is_alive(worker)
