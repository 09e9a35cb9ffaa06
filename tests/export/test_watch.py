"""`feedsvc build --watch` keeps a folder up to date."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from feedsvc.export import watch
from feedsvc.export.build import BuildReport
from feedsvc.export.plan import BuildOptions
from feedsvc.export.targets import Target, create
from feedsvc.publication import Publication
from tests.desk import Desk
from tests.serving import PATIENCE
from tests.sites import article, make_site
from tests.terminal import Terminal, terminal

CTRL_C = b"\x03"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    make_site(tmp_path / "site", {"a.md": article("First")})
    return tmp_path / "site"


@pytest.fixture
def watching(site: Path, tmp_path: Path) -> Iterator[Terminal]:
    """A build that watches, after its first update."""
    with terminal("build", "--watch", "--site", str(site), str(tmp_path / "out")) as running:
        running.wait_for("of revision 1; ")
        yield running


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_saved_article_is_built(watching: Terminal, site: Path, tmp_path: Path) -> None:
    feed = tmp_path / "out/feeds/all.rss"
    assert "<title>First</title>" in feed.read_text(encoding="utf-8")
    (site / "content/b.md").write_text(article("Second"), encoding="utf-8")
    wait_until(lambda: "<title>Second</title>" in feed.read_text(encoding="utf-8"))
    watching.wait_for("of revision 2; ")
    assert (tmp_path / "out/articles/b.html").is_file()
    assert (tmp_path / "out/feeds/all.rss.gz").is_file()
    assert not (tmp_path / "out/feeds/all.rss.br").exists()


def test_an_article_is_built_when_it_is_due(watching: Terminal, site: Path, tmp_path: Path) -> None:
    due = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
    (site / "content/b.md").write_text(article("Later", due), encoding="utf-8")
    watching.wait_for("of revision 2; ")
    assert (tmp_path / "out/articles/b.html").is_file()


def test_ctrl_c_and_sigterm_end_the_command(watching: Terminal, site: Path, tmp_path: Path) -> None:
    watching.press(CTRL_C)
    assert watching.await_end(PATIENCE) == 0
    assert "Traceback" not in watching.output
    assert watching.processes() == []
    with terminal("build", "--watch", "--site", str(site), str(tmp_path / "out")) as other:
        other.wait_for("of revision 1; 0 written")
        other.process.terminate()
        assert other.await_end(PATIENCE) == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_failure_is_logged_once_and_retried(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "_RETRY_INTERVAL", 0.01)
    obstacle = tmp_path / "out/articles/b.html"
    seen: list[str] = []

    def announce(sentence: str) -> None:
        seen.append(sentence)
        if len(seen) == 2:
            raise KeyboardInterrupt
        obstacle.write_text("mine", encoding="utf-8")
        desk.write("b.md", article("Second"))
        desk.sync()

    desk.write("a.md", article("First"))
    desk.sync()
    target = create(desk.settings, str(tmp_path / "out"), BuildOptions(codings=()), 0)
    update, updates = target.update, []

    def count(publication: Publication) -> tuple[BuildReport, str]:
        updates.append(publication)
        if len(updates) == 4:
            obstacle.unlink()
        return update(publication)

    monkeypatch.setattr(target, "update", count)
    keep_up_to_date(desk, target, announce)
    assert len(updates) == 4
    assert "of revision 2; " in seen[1]
    (failure,) = caplog.messages
    assert "is in the way and was not written by" in failure


def keep_up_to_date(desk: Desk, target: Target, announce: Callable[[str], None]) -> None:
    """Update a target in this process until `announce` raises KeyboardInterrupt."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        watch.keep_up_to_date(desk.publication, target, announce)
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql_reports_changes_of_other_processes(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scale 7: without polling the catalog."""
    monkeypatch.setattr(watch, "_SQLITE_INTERVAL", 2 * PATIENCE)
    seen: list[str] = []

    def publish() -> None:
        desk.write(f"{len(seen)}.md", article(f"Article {len(seen)}"))
        desk.sync()

    def announce(sentence: str) -> None:
        seen.append(sentence)
        if len(seen) == 3:
            raise KeyboardInterrupt
        threading.Thread(target=publish).start()

    publish()
    started = time.monotonic()
    target = create(desk.settings, str(tmp_path / "out"), BuildOptions(codings=()), 0)
    keep_up_to_date(desk, target, announce)
    assert time.monotonic() < started + PATIENCE
    assert "of revision 3; " in seen[2]
