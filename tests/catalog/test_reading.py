"""Reading in worker processes: the same results as in this process, and no process is left."""

import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from feedsvc import sources
from feedsvc.catalog import reading, schema
from feedsvc.catalog.reading import ReadResult, read_all
from feedsvc.catalog.sync import sync
from feedsvc.config import settings
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.sources import ContentFolder, Sources
from tests import programs
from tests.catalogs import claim_of
from tests.desk import Desk
from tests.serving import PATIENCE
from tests.sites import article, make_site

ROOT = Path(__file__).parents[2]
BROKEN: dict[str, str | bytes] = {
    "broken/latin-1.md": b"---\ntitle: A\n---\ncaf\xe9\n",
    "broken/no-date.md": article(published=None),
    "broken/nested.md": f"---\na: {'[' * 3000}\n---\n",
    "broken/warned.md": article(titel="A", body="a\x0b&#11;"),
    "broken/missing.md": article(enclosures="missing.mp3"),
}
BROKEN_CODES = {
    "broken/latin-1.md": ["not-utf8"],
    "broken/missing.md": ["missing-file"],
    "broken/nested.md": ["bad-front-matter"],
    "broken/no-date.md": ["missing-date"],
    "broken/warned.md": ["unknown-key", "control-character", "control-character"],
}
WHEN = ["2022-02-17", "2022-07-01 09:30", "2022-02-17 09:30 +05:45", "2022-02-17T09:30:00Z"]


class _Popen(subprocess.Popen[Any]):
    """A process that tests watch, and that is killed if it does not end."""

    started: list["_Popen"]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.started.append(self)
        self.timer = threading.Timer(PATIENCE, self.kill)
        self.timer.start()


class _Fork(_Popen, programs.Process):
    """One from the fork server."""


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[_Popen]]:
    """The started processes, two for each reading, even for a few files."""
    monkeypatch.setattr(reading, "_MANY", 1)
    monkeypatch.setattr(reading, "_BATCH", 3)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr(_Popen, "started", [], raising=False)
    monkeypatch.setattr("subprocess.Popen", _Fork if programs.SUPPORTED else _Popen)
    yield _Popen.started
    for process in _Popen.started:
        process.timer.cancel()


def have_ended(processes: list[_Popen]) -> bool:
    """Whether processes were started, and all have ended and were waited for."""
    return bool(processes) and all(process.returncode is not None for process in processes)


def keys_of(site: Settings) -> list[str]:
    return list(Sources.of(site).listing().fingerprints)


def reads_of(site: Settings) -> Iterator[ReadResult]:
    """Read all articles of a site, without `uses`, which differ as the files are new."""
    for read in read_all(Sources.of(site), keys_of(site), site.id_authority):
        yield read._replace(uses={})


def make_articles(folder: Path, count: int) -> Settings:
    """Create a site with this many articles."""
    return make_site(folder, {f"{n:03}.md": article(f"A{n}") for n in range(count)})


def many_kinds(folder: Path) -> Settings:
    """Copy the sample site, and add invalid files and dates in several zones."""
    files = {
        path.relative_to(ROOT / "content").as_posix(): path.read_bytes()
        for path in (ROOT / "content").rglob("*")
        if path.is_file()
    }
    dated = {f"dated/{n}.md": article(published=when) for n, when in enumerate(WHEN)}
    make_site(folder, {**files, **BROKEN, **dated})
    (folder / settings.FILE).write_bytes((ROOT / settings.FILE).read_bytes())
    return sources.load(folder, {})


def test_processes_return_the_same_as_reading_in_this_process(
    tmp_path: Path, processes: list[_Popen]
) -> None:
    site = many_kinds(tmp_path)
    keys = keys_of(site)
    apart = list(reads_of(site))
    assert len(processes) == 2
    assert have_ended(processes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_MANY", len(keys) + 1)
        here = list(reads_of(site))
    assert len(processes) == 2
    assert sorted(each[0] for each in here) == keys
    problems = {path: [each.code for each in found] for path, found, *_ in here if found}
    assert problems == BROKEN_CODES
    assert {path for path, *_, row in here if row is None} == {*problems} - {"broken/warned.md"}
    assert sorted(apart, key=lambda each: str(each[0])) == here


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(1, id="less than a batch"),
        pytest.param(3, id="fewer batches than processes"),
        pytest.param(6, id="a batch for each"),
        pytest.param(7, id="one file more"),
        pytest.param(29, id="many batches"),
    ],
)
def test_every_file_is_read_once_however_many_batches_there_are(
    tmp_path: Path, processes: list[_Popen], count: int
) -> None:
    site = make_articles(tmp_path, count)
    assert sorted(read.key for read in reads_of(site)) == keys_of(site)
    assert have_ended(processes)


def test_a_few_files_are_read_without_processes(
    tmp_path: Path, processes: list[_Popen], monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_articles(tmp_path, 3)
    monkeypatch.setattr(reading, "_MANY", 4)
    assert len(list(reads_of(site))) == 3
    assert processes == []


def test_syncs_with_and_without_processes_store_the_same(
    desk: Desk, processes: list[_Popen], monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, text in BROKEN.items():
        desk.write(path, text)
    for n, when in enumerate(WHEN * 3):
        desk.write(f"{n}.md", article(f"A{n}", when, tags=["a", f"b{n % 3}"]))
    apart = desk.sync()
    assert have_ended(processes)
    monkeypatch.setattr(reading, "_MANY", 1000)
    monkeypatch.setattr(ContentFolder, "fingerprint", "another")  # so that all files are read again
    here = desk.sync()
    assert apart.published.new == 13
    assert apart.problems == here.problems != ()
    assert (here.read, here.published.revision) == (apart.read, None)


def test_a_minted_id_has_the_day_that_the_author_wrote(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"a.md": article(published="2022-02-17 00:30 +14:00")})
    (read,) = reads_of(site)
    assert claim_of(read.spooled).minted == "tag:news.example.org,2022:2022-02-17:a"


# Ends


@pytest.mark.parametrize("number", [1, 4])
def test_a_reader_that_stops_early_leaves_no_process_behind(
    tmp_path: Path, processes: list[_Popen], number: int
) -> None:
    site = make_articles(tmp_path, 20)
    reads = reads_of(site)
    for _ in range(number):
        next(reads)
    assert not have_ended(processes)
    assert isinstance(reads, Generator)
    reads.close()
    assert have_ended(processes)


def test_a_sync_that_fails_while_it_reads_leaves_no_process_behind(
    desk: Desk, processes: list[_Popen]
) -> None:
    for n in range(20):
        desk.write(f"{n}.md", article(f"A{n}"))

    def fail(done: int, _: int) -> None:
        if done == 5:
            raise FeedsvcError("the terminal is gone")

    with pytest.raises(FeedsvcError, match="the terminal is gone"):
        sync(desk.catalog, desk.settings, desk.now, fail)
    assert have_ended(processes)
    assert desk.every_article() == []


def test_processes_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    """All of them hold the other end of its standard error, which is closed when they end."""
    make_articles(tmp_path, 20)
    program = (
        "import os, signal; from pathlib import Path\n"
        "from feedsvc import sources; from feedsvc.sources import Sources\n"
        "from feedsvc.catalog import reading\n"
        "reading._MANY, reading._BATCH = 1, 2\n"
        f"site = sources.load(Path({str(tmp_path)!r}), {{}})\n"
        "reads = reading.read_all(Sources.of(site), Sources.of(site).listing().fingerprints, 'x')\n"
        "next(reads)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=PATIENCE)
    assert done.returncode == -9, done.stderr


@pytest.mark.parametrize(
    ("at", "killed"),
    [
        pytest.param(1, 2, id="all at the beginning"),
        pytest.param(7, 1, id="one half way"),
    ],
)
def test_a_sync_whose_processes_are_killed_changes_nothing_and_can_be_repeated(
    desk: Desk, processes: list[_Popen], monkeypatch: pytest.MonkeyPatch, at: int, killed: int
) -> None:
    def stored() -> list[Any]:
        return [desk.rows(table) for table in schema.metadata.sorted_tables]

    def write(generation: int) -> None:
        for n in range(20):
            desk.write(f"{n:03}.md", article(f"A{n}", tags=[f"{generation}"]))

    write(1)
    with monkeypatch.context() as patch:
        patch.setattr(reading, "_MANY", 1000)
        desk.sync()
    before = stored()
    write(2)

    def kill(done: int, _: int) -> None:
        if done == at:
            for process in processes[:killed]:
                process.kill()

    with pytest.raises(FeedsvcError, match="was killed; is there enough memory"):
        sync(desk.catalog, desk.settings, desk.now, kill)
    assert have_ended(processes)
    assert stored() == before
    assert desk.sync().published.edited == 20


# What is imported


def test_no_module_is_imported_from_the_folder_that_a_command_runs_in(
    tmp_path: Path, processes: list[_Popen], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise, anyone who can write files to a site could run programs."""
    monkeypatch.setattr("subprocess.Popen", _Popen)  # new interpreters
    site = make_articles(tmp_path / "site", 9)
    marker = tmp_path / "imported"
    traps = ("yaml.py", "pickle.py", "encodings.py", "sitecustomize.py", "feedsvc/__init__.py")
    for folder in (site.site, site.content):
        for name in traps:
            trap = folder / name
            trap.parent.mkdir(exist_ok=True)
            trap.write_text(f"open({str(marker)!r}, 'a').write(__file__)\n")
        monkeypatch.chdir(folder)
        reads = list(reads_of(site))
        assert [read.spooled is not None for read in reads] == [True] * 9
        assert not marker.exists()
    assert len(processes) == 4


def test_reading_processes_do_not_import_unneeded_modules() -> None:
    program = "import sys, feedsvc.catalog.reading; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    modules = {name.partition(".")[0] for name in done.stdout.split()}
    assert "yaml" in modules
    assert not modules & {"sqlalchemy", "psycopg", "flask", "feedgen", "lxml", "watchfiles"}


@pytest.mark.parametrize("year", [1970, 1969])
def test_a_date_before_1970_is_published_with_a_warning(desk: Desk, year: int) -> None:
    """RSS Guard shows no entries of a feed with such a date."""
    desk.write("a.md", article(published=f"{year}-06-01"))
    report = desk.sync()
    assert len(report.published.changes) == 1
    found = [(each.path, each.line, each.code, str(each.severity)) for each in report.problems]
    assert found == ([("content/a.md", 3, "far-past", "warning")] if year < 1970 else [])
    assert all("can make a reader drop the whole feed" in each.message for each in report.problems)
