"""A TCP proxy in front of a database server that can simulate a broken network."""

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

_STEP = 0.02  # seconds


class Proxy:
    """Forwards connections to a server while `is_open` is set, and otherwise stalls.

    Connections stay open: neither side notices that the other is unreachable.
    """

    def __init__(self, family: int, address: object) -> None:
        self.is_open = threading.Event()
        self.is_open.set()
        self._target = (family, address)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ending = False
        self._peers: dict[socket.socket, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._ending = True
        self._thread.join()
        for each in (self._listener, *self._peers):
            each.close()
        self._selector.close()

    def _run(self) -> None:
        while not self._ending:
            if not self.is_open.wait(_STEP):
                continue
            for key, _ in self._selector.select(_STEP):
                if self.is_open.is_set():
                    self._move(key.fileobj)  # type: ignore[arg-type]

    def _move(self, ready: socket.socket) -> None:
        if ready is self._listener:
            client, _ = ready.accept()
            family, address = self._target
            server = socket.socket(family, socket.SOCK_STREAM)
            try:
                server.connect(address)  # type: ignore[arg-type]
            except OSError:
                client.close()
                server.close()
                return
            self._peers |= {client: server, server: client}
            for each in (client, server):
                self._selector.register(each, selectors.EVENT_READ)
        elif peer := self._peers.get(ready):
            data = b""
            with suppress(OSError):
                data = ready.recv(65536)
            try:
                if data:
                    peer.sendall(data)
                    return
            except OSError:
                pass
            for each in (ready, peer):
                self._selector.unregister(each)
                del self._peers[each]
                each.close()


@contextmanager
def proxied(database: str) -> Iterator[tuple[Proxy, str]]:
    """Put a proxy in front of a PostgreSQL server; yield it and the URL through it."""
    url = make_url(database)
    folder = url.query.get("host")
    if folder:
        proxy = Proxy(socket.AF_UNIX, f"{folder}/.s.PGSQL.{url.port or 5432}")
    else:
        proxy = Proxy(socket.AF_INET, (url.host, url.port or 5432))
    there = url.difference_update_query(["host"]).set(host="127.0.0.1", port=proxy.port)
    try:
        yield proxy, there.render_as_string(hide_password=False)
    finally:
        proxy.is_open.set()
        proxy.close()
