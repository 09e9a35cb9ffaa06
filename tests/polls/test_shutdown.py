"""Stopping the server or a worker loses no request."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests import programs
from tests.polls.wire import counted, exchange, parse
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def await_that(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_request_in_progress_is_finished(tmp_path: Path) -> None:
    """It is in progress at SIGTERM, and answered in full before the server ends."""
    make_site(tmp_path / "site", {"a.md": article()})
    held = tmp_path / "held"

    def popen(command: Sequence[str], **options: Any) -> "subprocess.Popen[Any]":
        held_up = [each.replace("tests.quick", "tests.polls.held") for each in command]
        return programs.popen(held_up, env={**os.environ, "HELD": str(held)}, **options)

    raw = f"GET {ALL} HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br, identity;q=0\r\n"
    with serving(tmp_path / "site", popen=popen) as server, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(exchange, server.port, f"{raw}Connection: close\r\n\r\n".encode())
        try:
            await_that(held.exists)
            server.process.terminate()
            await_that(lambda: not is_listening(server.port))
            assert server.process.poll() is None
            assert not asked.done()
        finally:
            held.unlink(missing_ok=True)
        reply = parse(asked.result())
        _, errors = server.process.communicate(timeout=PATIENCE)
    assert server.process.returncode == 0
    assert (reply.status, reply["content-encoding"]) == (200, "br")
    assert len(reply.body) == int(reply["content-length"])
    assert "Traceback" not in errors


def await_renders(server: Server, count: float) -> float:
    """Wait until at least this many documents were rendered; return their number."""
    end = time.monotonic() + PATIENCE
    while (found := counted(server).get("feedsvc_render_seconds_count", 0)) < count:
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def test_no_poll_fails_while_a_worker_is_replaced(tmp_path: Path) -> None:
    """SIGHUP; each poll has its own connection and is not retried."""
    make_site(tmp_path, {"a.md": article(title="First")})
    failures: list[str] = []
    polls = 0
    stop = threading.Event()

    def keep_polling(port: int) -> None:
        nonlocal polls
        while not stop.is_set():
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            try:
                connection.request("GET", ALL)
                response = connection.getresponse()
                body = response.read()
                if response.status != 200 or not body.endswith(b"</rss>\n"):
                    failures.append(f"{response.status} {body[:100]!r}")
                polls += 1
            except OSError as error:
                failures.append(repr(error))
            finally:
                connection.close()

    # A worker of a new interpreter takes as long to start as a user's.
    with serving(tmp_path, popen=programs.fresh) as server, ExitStack() as stack:
        stack.callback(stop.set)
        threads = [threading.Thread(target=keep_polling, args=(server.port,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        renders = await_renders(server, 1)
        server.process.send_signal(signal.SIGHUP)
        await_renders(server, renders + 1)  # by the new worker
        time.sleep(0.5)  # the old one ends
        await_that(lambda: polls > 100)
        stop.set()
        for thread in threads:
            thread.join()
        (tmp_path / "content" / "b.md").write_text(article(title="Second"), encoding="utf-8")
        server.wait_for(ALL, "<title>Second</title>")
        _, errors = server.stop()
    assert failures == []
    assert "Traceback" not in errors
