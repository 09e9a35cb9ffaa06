"""Subscribers that answer as fast as they can, in a process of their own.

    python -m benchmarks.sink PORT CONTROL [CERTIFICATE KEY]

Listens on all loopback addresses. When a POST is answered depends on its path: /slow... after 20
seconds, /never... not at all, /close... at once, closing the connection, and others at once. On the
port CONTROL, without TLS, GET returns the number of answered POSTs, and the times of the first and
the last; GET /reset forgets them. Times are from the monotonic clock, which all processes share.
"""

import asyncio
import json
import ssl
import sys
import time
from typing import Any

_SLOW = 20  # seconds
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_LAST_ANSWER = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Counts:
    """The number of answered POSTs, and the times of the first and the last."""

    def __init__(self) -> None:
        self.number = 0
        self.first = self.last = 0.0

    def add(self) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.number += 1


class Subscriber(asyncio.Protocol):
    """One connection."""

    counts = Counts()

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while True:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            fields = head.lower()
            _, _, length = fields.partition(b"content-length: ")
            size = int(length.partition(b"\r\n")[0] or 0)
            if len(rest) < size:
                return
            self._received = rest[size:]
            self._answer(*head.split(b" ", 2)[:2])

    def _answer(self, method: bytes, path: bytes) -> None:
        if method == b"GET":
            self._report(path)
        elif path.startswith(b"/slow"):
            asyncio.get_running_loop().call_later(_SLOW, self._transport.write, _ANSWER)
        elif not path.startswith(b"/never"):
            self.counts.add()
            if path.startswith(b"/close"):
                self._transport.write(_LAST_ANSWER)
                self._transport.close()
            else:
                self._transport.write(_ANSWER)

    def _report(self, path: bytes) -> None:
        if path == b"/reset":
            Subscriber.counts = Counts()
        body = json.dumps(vars(self.counts)).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


async def _serve(port: int, control: int, certificate: list[str]) -> None:
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Subscriber, "0.0.0.0", port, ssl=context, backlog=4096)
    await loop.create_server(Subscriber, "127.0.0.1", control)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
