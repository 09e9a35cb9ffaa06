"""`feedsvc serve` in a terminal: Ctrl-C, and closing the terminal."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.serving import PATIENCE, Server, free_port
from tests.sites import article, make_site
from tests.soak import SOAK
from tests.terminal import Terminal, terminal

CTRL_C = b"\x03"
LIMIT = 20.0  # seconds; a worker that does not respond is killed after 30
READY = "Ctrl-C ends it"
AT_ONCE = 6 if SOAK else 2  # servers for one test, as a lost signal is a matter of chance
DELAYS = (0.0, 0.1, 0.4)  # seconds; a worker takes longer to start

one_worker = pytest.mark.parametrize("options", [("--workers", "1"), ("--preview",)], ids=" ".join)
any_workers = pytest.mark.parametrize(
    "options", [("--workers", "1"), ("--workers", "2"), ("--preview",)], ids=" ".join
)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which processes create temporary folders."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@contextmanager
def serving(site: Path, *options: str, fresh: bool = False) -> Iterator[tuple[Terminal, int]]:
    """Serve a site at a terminal, on a free port; it need not answer yet. fresh: see `terminal`."""
    port = free_port()
    bind = f"127.0.0.1:{port}"
    command = ["serve", "--site", str(site), "--bind", bind, *options]
    with terminal(*command, fresh=fresh) as running:
        yield running, port


def keep_alive(port: int) -> HTTPConnection:
    """Return a connection that got a response and waits for the next request."""
    end = time.monotonic() + PATIENCE
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)
        else:
            return connection


def assert_ended(running: Terminal) -> None:
    """Assert that all processes end without error messages."""
    assert running.await_end(LIMIT) == 0, running.output
    assert "Killing" not in running.output
    assert "Unexpected" not in running.output
    assert "Traceback" not in running.output
    end = time.monotonic() + LIMIT
    while running.processes():  # multiprocessing's tracker ends a moment after its parent
        assert time.monotonic() < end
        time.sleep(0.02)


@any_workers
def test_ctrl_c_ends_the_server(tmp_path: Path, temporary: Path, options: tuple[str, ...]) -> None:
    """With an open connection, and also if it is pressed twice."""
    make_site(tmp_path, {"a.md": article()})
    with ExitStack() as stack:
        count = 1 if "2" in options else AT_ONCE
        servers = [stack.enter_context(serving(tmp_path, *options)) for _ in range(count)]
        for _, port in servers:
            stack.callback(keep_alive(port).close)
        for number, (running, _) in enumerate(servers):
            running.wait_for(READY)
            running.press(CTRL_C)
            if number % 2:
                time.sleep(0.1)
                running.press(CTRL_C)
        for running, _ in servers:
            assert_ended(running)
    assert not list(temporary.iterdir())


@any_workers
def test_ctrl_c_ends_the_server_while_its_workers_start(
    tmp_path: Path, temporary: Path, options: tuple[str, ...]
) -> None:
    make_site(tmp_path, {"a.md": article()})
    with ExitStack() as stack:
        delays = DELAYS if SOAK else DELAYS[::2] if "2" in options else DELAYS[1:2]
        servers = [stack.enter_context(serving(tmp_path, *options, fresh=True))[0] for _ in delays]
        for running, delay in zip(servers, delays, strict=True):
            running.wait_for(READY)
            time.sleep(delay)
            running.press(CTRL_C)
        for running in servers:
            assert_ended(running)
    assert not list(temporary.iterdir())


@one_worker
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_the_first_sync(
    tmp_path: Path, temporary: Path, options: tuple[str, ...], presses: int
) -> None:
    files = {f"{number}.md": article(slug=f"s{number}") for number in range(1000)}
    make_site(tmp_path, files)
    with serving(tmp_path, *options, fresh=True) as (running, _):
        running.wait_for("Reading articles")
        for _ in range(presses):
            running.press(CTRL_C)
            time.sleep(0.02)
        # The second may arrive after Python has restored its own handler.
        codes = {0} if "--preview" in options else {1, -signal.SIGINT}
        assert running.await_end(LIMIT) in codes, running.output
        assert READY not in running.output
        assert "Traceback" not in running.output
        assert running.processes() == []
    assert not list(temporary.iterdir())


@one_worker
def test_closing_the_terminal_ends_a_preview_but_not_a_server(
    tmp_path: Path, temporary: Path, options: tuple[str, ...]
) -> None:
    """A server reloads at SIGHUP."""
    make_site(tmp_path, {"a.md": article()})
    with serving(tmp_path, *options) as (running, port):
        keep_alive(port).close()
        running.wait_for(READY)
        running.hang_up()
        if "--preview" in options:
            assert running.await_end(LIMIT) == 0
        else:
            (tmp_path / "content" / "b.md").write_text(article(title="B"), encoding="utf-8")
            Server(port, running.process).wait_for("/feeds/all.rss", "<title>B</title>")  # type: ignore[arg-type]
            running.process.send_signal(signal.SIGTERM)
            assert running.await_end(PATIENCE) == 0
    assert not list(temporary.iterdir())
