"""The push process: with and without a server, and all ways in which it ends."""

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import update

from feedsvc.catalog import schema
from feedsvc.catalog.store import Catalog
from feedsvc.push.hosts import AT_ONCE
from feedsvc.push.worker import together
from tests import programs
from tests.push.sink import Reply, Request, Sink
from tests.push.subscribers import subscribe, subscriptions
from tests.serving import PATIENCE, free_port, serving
from tests.sites import article, make_site
from tests.terminal import terminal

PUSH = '[push]\nhub = "own"\nallow_networks = ["127.0.0.0/8"]'


@pytest.fixture
def server(running: Sink) -> Sink:
    running.requests.clear()
    running.answer = lambda _: Reply()
    return running


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with one synced article."""
    make_site(tmp_path, {"a.md": article()}, PUSH)
    sync(tmp_path)
    return tmp_path


@pytest.fixture
def catalog(site: Path) -> Iterator[Catalog]:
    with Catalog(f"sqlite:///{site / '.feedsvc' / 'catalog.db'}") as catalog:
        yield catalog


def save(site: Path, name: str) -> None:
    (site / "content" / f"{name}.md").write_text(article(title=name, slug=name))


def sync(site: Path) -> None:
    programs.run(["-m", "feedsvc", "sync", "--site", site]).check_returncode()


def await_that(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def children(parent: int) -> list[int]:
    """Return the push processes that a process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, ppid = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (folder / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(ppid) == parent and state not in "ZX" and b"--worker" in command:
            found.append(int(folder.name))
    return found


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):  # the second if it ends after it was opened
        return False


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def worker(site: Path) -> "subprocess.Popen[str]":
    command = ["-m", "feedsvc", "-v", "push", "--worker", "--site", str(site)]
    return programs.popen(command, stderr=subprocess.PIPE, text=True)


def test_a_saved_article_is_delivered_and_a_killed_worker_restarted(
    site: Path, catalog: Catalog, server: Sink
) -> None:
    """WebSub 15, 16; it also ends with the server, even if the server is killed."""
    subscribe(catalog, [server.url("/secret-path")])
    with serving(site) as running:
        save(site, "Second")
        server.wait_for(lambda: server.requests)
        assert b"Second" in server.requests[-1].body
        await_that(lambda: all(row["next_try"] == 0 for row in subscriptions(catalog).values()))
        (first,) = children(running.process.pid)
        os.kill(first, signal.SIGKILL)
        save(site, "Third")
        server.wait_for(lambda: b"Third" in server.requests[-1].body)
        (second,) = children(running.process.pid)
        assert second != first
        _, errors = running.stop()
        assert not is_running(second)
    assert "push-ended reason='it ended with code -9'" in errors
    assert "Traceback" not in errors
    assert "secret-path" not in errors
    assert len(server.requests) == 2
    with serving(site, group=True) as running:
        await_that(lambda: children(running.process.pid))
        (third,) = children(running.process.pid)
        running.process.kill()
        running.process.wait()
        await_that(lambda: not is_running(third))
        try:
            await_that(lambda: not is_listening(running.port))
            running.process.communicate(timeout=PATIENCE)  # until no process has its output
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.process.pid, signal.SIGKILL)


def test_ctrl_c_ends_server_and_push_process(site: Path) -> None:
    bind = f"127.0.0.1:{free_port()}"
    with terminal("serve", "--site", str(site), "--bind", bind) as running:
        running.wait_for("Ctrl-C ends it")
        await_that(lambda: children(running.process.pid))
        (process,) = children(running.process.pid)
        running.press(b"\x03")
        assert running.await_end(PATIENCE) == 0, running.output
        assert not is_running(process)
        assert "Traceback" not in running.output
        assert "push-ended" not in running.output


def test_ctrl_c_ends_a_worker(site: Path) -> None:
    with terminal("-v", "push", "--worker", "--site", str(site)) as running:
        running.wait_for("event=push-started")
        running.press(b"\x03")
        assert running.await_end(PATIENCE) == 0, running.output
        assert "Traceback" not in running.output


def test_sigterm_waits_for_deliveries_in_progress(
    site: Path, catalog: Catalog, server: Sink
) -> None:
    """Other claimed deliveries are released immediately."""
    released = threading.Event()
    server.answer = lambda _: Reply(delay=released.is_set(), after=released)
    urls = [server.url(f"/{number}") for number in range(20)]
    subscribe(catalog, urls)
    save(site, "Second")
    sync(site)
    running = worker(site)
    server.wait_for(lambda: len(server.requests) == AT_ONCE)
    running.terminate()
    released.set()
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert "Traceback" not in errors
    assert "/0" not in errors
    rows = subscriptions(catalog).values()
    assert all(row["next_try"] == 0 for row in rows)
    newest = max(row["revision"] for row in rows)
    delivered = [row["callback"] for row in rows if row["revision"] == newest]
    assert sorted(delivered) == sorted(server.url(each.path) for each in server.requests)
    assert len(delivered) < 20


def test_deliveries_of_a_killed_worker_are_repeated(
    site: Path, catalog: Catalog, server: Sink
) -> None:
    """Only unacknowledged documents are delivered again, after their claims end."""
    killed = False

    def answer(request: Request) -> Reply:
        return Reply(delay=0 if killed or request.path < "/3" else 60)

    server.answer = answer
    urls = [server.url(f"/{number}") for number in range(8)]
    subscribe(catalog, urls)
    save(site, "Second")
    sync(site)
    running = worker(site)
    server.wait_for(lambda: len(server.requests) == 8)
    await_that(lambda: sum(row["next_try"] == 0 for row in subscriptions(catalog).values()) == 3)
    running.kill()
    running.communicate()
    killed = True
    with catalog.writing() as connection:
        connection.execute(update(schema.subscription).values(next_try=0))  # a minute later
    running = worker(site)
    server.wait_for(lambda: len(server.requests) == 13)
    running.terminate()
    running.communicate(timeout=PATIENCE)
    rows = subscriptions(catalog).values()
    assert len({row["revision"] for row in rows}) == 1
    for number in range(8):
        assert len(server.to(f"/{number}")) == (1 if number < 3 else 2)


def test_the_process_ends_if_one_of_its_tasks_fails() -> None:
    """So that it is restarted; a missing task would go unnoticed."""
    stopped: list[str] = []

    async def work(stopping: asyncio.Event) -> None:
        await stopping.wait()
        stopped.append("work")

    async def wait() -> None:
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            stopped.append("other")

    async def fail() -> None:
        raise ValueError("a fault")

    async def run() -> None:
        stopping = asyncio.Event()
        await together(work(stopping), [wait(), fail()], stopping)

    with pytest.raises(ValueError, match="a fault"):
        asyncio.run(run())
    assert stopped == ["work", "other"]
