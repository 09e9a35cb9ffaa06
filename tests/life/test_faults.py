"""Faults of a machine: full disks, read-only folders, clocks, lost catalogs."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from feedsvc.catalog.store import Catalog
from feedsvc.model import Format
from tests import programs
from tests.desk import START, Desk, ref
from tests.serving import serving
from tests.sites import article, make_site


def feedsvc(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
    """Run a command as a user does."""
    return programs.run(["-m", "feedsvc", *map(str, arguments)], **options)


def ids(site: Path) -> dict[str, str]:
    desk = Catalog(f"sqlite:///{site}/.feedsvc/catalog.db")
    with desk.reading() as connection:
        found = connection.exec_driver_sql("SELECT slug, id FROM article WHERE NOT removed")
        return {slug: entry_id for slug, entry_id in found}  # noqa: C416 - of rows


# The disk


def test_nothing_is_lost_when_the_disk_is_full(tmp_path: Path) -> None:
    """Published articles stay; the rest is published when there is space again."""
    make_site(tmp_path, {f"{number}.md": article(f"T{number}") for number in range(20)})
    assert feedsvc("sync", "--site", tmp_path).returncode == 0
    known = ids(tmp_path)
    for number in range(400):
        text = article(f"N{number}", body="Many words. " * 400)
        (tmp_path / "content" / f"n{number}.md").write_text(text, encoding="utf-8")
    size = (tmp_path / ".feedsvc" / "catalog.db").stat().st_size
    room = size + 200_000

    def fill() -> None:  # a limit for the size of files has the effect of a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    full = feedsvc("sync", "--site", tmp_path, preexec_fn=fill)
    assert full.returncode == 1
    assert full.stderr.startswith("Error: ")
    assert full.stderr.count("\n") == 1
    assert "free disk space" in full.stderr
    assert ids(tmp_path) == known
    listed = feedsvc("feeds", "--site", tmp_path).stdout
    assert "all\t20\t" in listed
    after = feedsvc("sync", "--site", tmp_path)
    assert (after.returncode, "400 new" in after.stdout) == (0, True)
    assert {slug: ids(tmp_path)[slug] for slug in known} == known


@contextmanager
def unwritable(folder: Path) -> Iterator[list[str]]:
    """Make a folder read-only; yield a command prefix that enforces this for root."""
    if os.geteuid():
        keeping: list[str] = []
    elif shutil.which("setpriv"):
        keeping = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
    else:
        pytest.skip("root may write everywhere, and setpriv is not installed")
    modes = {path: path.stat().st_mode for path in (folder, *folder.iterdir())}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    try:
        yield keeping
    finally:
        for path, mode in modes.items():
            with suppress(FileNotFoundError):  # the last connection removes SQLite's files
                path.chmod(mode)


def test_a_read_only_data_folder_is_reported_in_one_line(tmp_path: Path) -> None:
    make_site(tmp_path, {"a.md": article("A")})
    feedsvc("sync", "--site", tmp_path)
    known = ids(tmp_path)
    (tmp_path / "content" / "b.md").write_text(article("B"), encoding="utf-8")
    with unwritable(tmp_path / ".feedsvc") as keeping:
        for command in ("sync", "serve"):
            result = subprocess.run(
                [*keeping, sys.executable, "-m", "feedsvc", command, "--site", str(tmp_path)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert result.returncode == 1
            assert result.stderr.count("\n") == 1
            assert "make the file and its folder writable for this user" in result.stderr
    assert ids(tmp_path) == known
    assert "1 new" in feedsvc("sync", "--site", tmp_path).stdout


# The catalog


def test_a_damaged_catalog_is_set_aside_with_a_warning_and_rebuilt(tmp_path: Path) -> None:
    """Conformance 15."""
    files = {f"{number}.md": article(f"T{number}", slug=f"s{number}") for number in range(9)}
    make_site(tmp_path, files)
    feedsvc("sync", "--site", tmp_path)
    known = ids(tmp_path)
    database = tmp_path / ".feedsvc" / "catalog.db"
    database.write_bytes(b"garbage" * 3000)
    result = feedsvc("sync", "--site", tmp_path)
    assert result.returncode == 0
    assert result.stderr.startswith("Warning: ")
    assert f"set aside as {database}.damaged-1" in result.stderr
    assert "9 new" in result.stdout
    assert ids(tmp_path) == known


def test_a_catalog_lost_while_serving_is_rebuilt(tmp_path: Path) -> None:
    """Conformance 15, 34: deleted or damaged, within seconds and without a restart."""
    make_site(tmp_path, {"a.md": article("A"), "b.md": article("B")})
    data = tmp_path / ".feedsvc"
    with serving(tmp_path) as server:
        before = server.get("/feeds/all.json")
        shutil.rmtree(data)
        (tmp_path / "content" / "c.md").write_text(article("C"), encoding="utf-8")
        after = server.wait_for("/feeds/all.json", '"C"')
        assert after.status == 200
        assert ids(tmp_path).keys() == {"a", "b", "c"}  # and not in a deleted file
        old, new = (json.loads(answer.body)["items"] for answer in (before, after))
        assert {item["id"] for item in old} < {item["id"] for item in new}
        for rest in ("catalog.db-wal", "catalog.db-shm"):
            (data / rest).unlink(missing_ok=True)
        (data / "restored.db").write_bytes(b"garbage" * 3000)
        (data / "restored.db").rename(data / "catalog.db")
        (tmp_path / "content" / "d.md").write_text(article("D"), encoding="utf-8")
        server.wait_for("/feeds/all.json", '"D"')
        _, errors = server.stop()
    assert "event=damaged" in errors
    assert "Traceback" not in errors


# The files


def test_an_unmounted_content_folder_withdraws_nothing(tmp_path: Path) -> None:
    files = {f"{number}.md": article(f"T{number}") for number in range(5)}
    make_site(tmp_path, files)
    content = tmp_path / "content"
    feedsvc("sync", "--site", tmp_path)
    content.rename(tmp_path / "elsewhere")
    content.mkdir()
    refused = feedsvc("sync", "--site", tmp_path)
    assert refused.returncode == 1
    assert "5 of 5 published articles would be withdrawn" in refused.stderr
    with serving(tmp_path) as server:
        assert len(json.loads(server.get("/feeds/all.json").body)["items"]) == 5
        content.rmdir()
        (tmp_path / "elsewhere").rename(content)
        (content / "new.md").write_text(article("New"), encoding="utf-8")
        server.wait_for("/feeds/all.json", '"New"')
        assert len(json.loads(server.get("/feeds/all.json").body)["items"]) == 6
        _, errors = server.stop()
    assert "Serving what is published" in errors
    forced = feedsvc("sync", "--site", tmp_path, "--force")
    assert forced.returncode == 0


# The clock


def test_setting_the_clock_back_withdraws_nothing(desk: Desk) -> None:
    """Conformance 34, 55: released articles stay visible, and Last-Modified grows."""
    desk.write("due.md", article("Due", (START + timedelta(hours=2)).isoformat()))
    desk.write("old.md", article("Old"))
    desk.sync()
    desk.release(START + timedelta(hours=2))
    before = desk.feed("all")
    desk.now -= timedelta(hours=1)
    desk.write("due.md", article("Due, edited", (START + timedelta(hours=2)).isoformat()))
    assert desk.sync(after=0).published.edited == 1
    assert desk.titles() == ["Due, edited", "Old"]
    assert desk.feed("all").changed > before.changed
    assert desk.release(desk.now).revision is None


def test_no_article_is_released_early_after_setting_the_clock_back(desk: Desk) -> None:
    """Conformance 55."""
    desk.write("a.md", article("A", (START + timedelta(hours=1)).isoformat()))
    desk.sync(after=7200)
    desk.now = START
    moved = START + timedelta(hours=3)
    desk.write("a.md", article("A", moved.isoformat()))
    desk.write("b.md", article("B", (START + timedelta(minutes=90)).isoformat()))
    desk.sync()
    assert desk.titles() == []
    desk.release(moved)
    assert desk.titles() == ["A", "B"]


def test_articles_due_while_stopped_are_released_at_the_next_start(desk: Desk) -> None:
    """Conformance 34, 55: with their own date, and a new Last-Modified."""
    due = START + timedelta(hours=1)
    desk.write("due.md", article("Due", due.isoformat()))
    desk.write("ends.md", article("Ends", expires=due.isoformat()))
    desk.sync()
    served = desk.feed("all").changed
    report = desk.sync(after=86_400)  # a day later
    assert (report.published.new, report.published.withdrawn) == (1, 1)
    [entry] = desk.publication.entries(ref("all"))
    assert (entry.title, entry.published) == ("Due", due)
    document = desk.publication.document(ref("all"), Format.ATOM)
    assert document is not None
    assert document.last_modified == desk.now > served
