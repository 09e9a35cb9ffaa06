"""Limits of the sockets of a serving process."""

import socket
import sys

import pytest

from feedsvc.serve import worker

linux = pytest.mark.skipif(sys.platform != "linux", reason="an option of Linux")


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
        assert caught.value.errno  # the system's, and not that of the test


def test_an_option_that_a_system_does_not_have_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_USER_TIMEOUT", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker.set_timeouts(listener.fileno())
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
