"""A worker process: the limits of its sockets, and how it ends."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from types import SimpleNamespace
from wsgiref.types import WSGIApplication

import pytest

from feedsvc.serve import listen, worker
from tests import programs
from tests.serving import PATIENCE, free_port
from tests.soak import SOAK

linux = pytest.mark.skipif(sys.platform != "linux", reason="a Linux option")


def connected(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """Return the two ends of a connection: a client with a small buffer, and the accepted one."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(listener.getsockname())
    accepted, _ = listener.accept()
    accepted.settimeout(30)
    return client, accepted


def test_accepted_connections_have_the_limits_of_the_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker.set_timeouts(listener.fileno())
        client, accepted = connected(listener)
        with client, accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            if sys.platform == "linux":
                timeout = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert timeout == worker.STALLED * 1000


@linux
def test_a_client_that_reads_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_OPTIONS", {"TCP_USER_TIMEOUT": 500})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker.set_timeouts(listener.fileno())
        client, accepted = connected(listener)
        with client, accepted, pytest.raises(TimeoutError) as caught:
            accepted.sendall(bytes(50_000_000))
        assert caught.value.errno  # from the system, not from the timeout of the test


def test_unsupported_socket_options_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker.set_timeouts(listener.fileno())
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def run(function: str) -> subprocess.CompletedProcess[str]:
    """Call a function of this module in a new process."""
    code = f"from tests.serve import test_worker; test_worker.{function}()"
    return programs.run(["-c", code, "serve"])  # with a fork server for what it spawns


def load_with_sigterm_elsewhere() -> WSGIApplication:
    """Make the system deliver SIGTERM to a thread other than the main one."""
    threading.Thread(target=time.sleep, args=(PATIENCE,), daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    return lambda environ, start_response: []


def serve_for_a_moment() -> None:
    """Serve until the only worker answers, then end."""
    port = free_port()
    server = listen.make_server(("127.0.0.1", port), 1, None, None)

    def end() -> None:
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                if client.recv(1):
                    break
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    server.on_startup(threading.Thread(target=end, daemon=True).start)
    server.serve(target_loader=load_with_sigterm_elsewhere, wrap_loader=False)


def test_a_worker_ends_whichever_thread_receives_the_signal() -> None:
    ended = run("serve_for_a_moment")
    assert ended.returncode == 0, ended.stderr
    assert "Killing" not in ended.stdout + ended.stderr


def await_processes() -> None:
    """Wait for processes that end at once."""
    multiprocessing.set_start_method("fork", force=True)
    for _ in range(100 if SOAK else 20):
        process = worker.ServingProcess(None, 0, os.getpid, ())  # type: ignore[no-untyped-call]
        process.interrupt_by_parent = True  # it is expected to end
        process.start()
        process.join(PATIENCE)
        assert not process.is_alive()


def test_a_joined_process_is_not_alive() -> None:
    ended = run("await_processes")
    assert ended.returncode == 0, ended.stderr


def listen_late() -> None:
    time.sleep(0.3)
    multiprocessing.current_process().listening.set()  # type: ignore[attr-defined]
    time.sleep(PATIENCE)


def replace_a_worker() -> None:
    """Stop a worker whose successor does not listen yet, has ended, or is to be stopped as well."""
    multiprocessing.set_start_method("fork", force=True)
    worker._REPLACE_TIMEOUT = 10 * int(PATIENCE)
    server = SimpleNamespace(interrupt_signal=False)
    late, ended, never = (
        worker.ServingProcess(server, 0, *each)  # type: ignore[no-untyped-call]
        for each in ((listen_late, ()), (os.getpid, ()), (time.sleep, (PATIENCE,)))
    )
    for successor in (late, ended, never):
        server.interrupt_signal = successor is never
        old = worker.ServingProcess(server, 0, time.sleep, (PATIENCE,))  # type: ignore[no-untyped-call]
        old.successor = successor
        successor.interrupt_by_parent = True
        for each in (old, successor):
            each.start()
        old.terminate()
        assert successor.inner.listening.is_set() is (successor is late)
        old.join(PATIENCE)
        successor.kill()  # type: ignore[no-untyped-call]
        successor.join(PATIENCE)


def test_a_worker_is_stopped_once_its_successor_listens_or_has_ended() -> None:
    """Or at once, if the server is to stop."""
    replaced = run("replace_a_worker")
    assert replaced.returncode == 0, replaced.stderr


def test_a_worker_that_does_not_listen_yet_can_be_stopped() -> None:
    stopped = threading.Event()
    stopped.set()
    waiting = threading.Thread(
        target=worker.await_listening, args=(socket.socket(), stopped), daemon=True
    )
    waiting.start()
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
