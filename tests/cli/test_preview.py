"""`feedsvc serve --preview` as a process, over real sockets."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests import programs
from tests.cli.test_commands import run
from tests.serving import PATIENCE, Server, free_port, serving
from tests.sites import article, make_site


def content_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return every file below a folder with its bytes and time."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    files = {
        "public.md": article(title="Public"),
        "draft.md": article(title="Unfinished", draft=True),
        "scheduled.md": article(title="Later", published="2090-12-01 09:30 +01:00"),
        "expired.md": article(title="Gone", published="2020-01-01", expires="2020-02-01"),
    }
    make_site(folder, files)
    assert run("sync", "--site", folder).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    before = content_of(site / ".feedsvc")
    with serving(site, "--preview") as running:
        yield running
        output, errors = running.stop()
        assert running.process.returncode == 0
        assert f"Previewing Site at {running.url}/" in output
        assert "Traceback" not in errors
    assert before
    assert content_of(site / ".feedsvc") == before


def titles(body: bytes) -> list[str]:
    return [item["title"] for item in json.loads(body)["items"]]


def test_unpublished_articles_are_shown_and_marked(server: Server) -> None:
    answer = server.get("/feeds/all.json")
    assert titles(answer.body)[:1] == ["Scheduled for 2090-12-01 09:30 +01:00: Later"]
    assert {"Draft: Unfinished", "Public"} <= set(titles(answer.body))
    assert b"Gone" not in answer.body
    assert b"<h1>Draft: Unfinished</h1>" in server.get("/articles/draft").body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/feeds/all.rss", 200),
        ("GET", "/feeds/all", 308),
        ("GET", "/%ff%00", 404),
        ("GET", "/articles/expired", 410),
        ("DELETE", "/", 405),
    ],
)
def test_every_response_is_private(server: Server, method: str, path: str, status: int) -> None:
    answer = server.get(path, method)
    assert answer.status == status
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["x-robots-tag"] == "noindex"
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80"])
def test_other_hosts_are_refused(server: Server, host: str) -> None:
    answer = server.get("/articles/draft", Host=host)
    assert answer.status == 421
    assert b"Unfinished" not in answer.body


def test_a_saved_draft_is_shown(server: Server, site: Path) -> None:
    text = article(title="New", draft=True)
    (site / "content" / "new.md").write_text(text, encoding="utf-8")
    server.wait_for("/feeds/all.atom", "<title>Draft: New</title>")


def test_the_mark_is_removed_when_the_article_is_due(server: Server, site: Path) -> None:
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=2)
    text = article(title="Soon", published=due.isoformat())
    (site / "content" / "soon.md").write_text(text, encoding="utf-8")
    mark = f"Scheduled for {due:%Y-%m-%d %H:%M} +00:00: Soon"
    end = time.monotonic() + PATIENCE
    while "Soon" not in (seen := titles(server.get("/feeds/all.json").body)):
        assert time.monotonic() < end
        assert mark in seen or datetime.now(UTC) < due + timedelta(seconds=PATIENCE)
        time.sleep(0.05)
    assert datetime.now(UTC) >= due


def test_a_preview_needs_no_database_and_leaves_no_files(tmp_path: Path) -> None:
    """Its own catalog is temporary."""
    database = 'database = "postgresql://nobody@127.0.0.1:9/none"'
    make_site(tmp_path, {"draft.md": article(title="D", draft=True)}, database)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TMPDIR", str(temporary))
        with serving(tmp_path, "--preview") as running:
            assert running.get("/articles/draft").status == 200
            assert list(temporary.glob("feedsvc-preview-*"))
            running.stop()
    assert not list(temporary.iterdir())
    assert not (tmp_path / ".feedsvc").exists()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which processes create temporary folders."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_closing_the_terminal_ends_the_preview(tmp_path: Path, temporary: Path) -> None:
    """All processes of the terminal get the signal."""
    make_site(tmp_path, {"draft.md": article(title="D", draft=True)})
    with serving(tmp_path, "--preview", group=True) as running:
        os.killpg(running.process.pid, signal.SIGHUP)
        _, errors = running.process.communicate(timeout=PATIENCE)
        assert running.process.returncode == 0
    assert errors == ""
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("signals", [[signal.SIGHUP], [signal.SIGTERM], [signal.SIGHUP] * 2])
def test_an_interrupted_first_sync_leaves_no_files(
    tmp_path: Path, temporary: Path, signals: list[signal.Signals]
) -> None:
    files = {f"{number}.md": article(draft=True, slug=f"s{number}") for number in range(1000)}
    make_site(tmp_path, files)
    command = ["-m", "feedsvc", "serve", "--preview", "--site", str(tmp_path)]
    with programs.popen(
        [*command, "--bind", f"127.0.0.1:{free_port()}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + PATIENCE
        while not list(temporary.glob("feedsvc-preview-*/*")):
            assert time.monotonic() < end
            time.sleep(0.005)
        for each in signals:
            process.send_signal(each)
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "Previewing" not in output
    assert "Traceback" not in errors
    assert not list(temporary.iterdir())


def test_a_preview_under_nohup_survives_closing_the_terminal(
    tmp_path: Path, temporary: Path
) -> None:
    make_site(tmp_path, {"draft.md": article(title="D", draft=True)})
    usual = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # which is inherited
    try:
        with serving(tmp_path, "--preview", group=True) as running:
            os.killpg(running.process.pid, signal.SIGHUP)
            (tmp_path / "content" / "b.md").write_text(article(title="B"), encoding="utf-8")
            running.wait_for("/feeds/all.atom", "<title>B</title>")
            running.stop()
            assert running.process.returncode == 0
    finally:
        signal.signal(signal.SIGHUP, usual)
    assert not list(temporary.iterdir())


def test_a_preview_can_listen_on_localhost(tmp_path: Path) -> None:
    make_site(tmp_path, {"draft.md": article(title="D", draft=True)})
    port = free_port()
    with serving(tmp_path, "--preview", "--bind", f"localhost:{port}", port=port) as running:
        assert running.get("/articles/draft", Host=f"localhost:{port}").status == 200


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "[::]", "192.0.2.1", "news.example.org", "128.0.0.1", "localhost.example"]
)
def test_a_preview_only_listens_on_loopback_addresses(tmp_path: Path, host: str) -> None:
    make_site(tmp_path)
    result = run("serve", "--site", tmp_path, "--preview", "--bind", f"{host}:8000")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: --preview shows drafts and so listens on this machine alone, not at "
        f"{host.strip('[]')}; write --bind 127.0.0.1:8000\n"
    )


def test_a_preview_rejects_other_options(tmp_path: Path) -> None:
    make_site(tmp_path)
    result = run("serve", "--site", tmp_path, "--preview", "--workers", "2")
    assert result.exit_code == 2
    assert "--preview allows only --site, --bind and --verbose" in result.stderr
