"""Subscribers on this machine: an HTTP/1.1 server at all loopback addresses."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.serving import PATIENCE


class Request(NamedTuple):
    """A request that was received. headers: by name in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


class Reply(NamedTuple):
    """A reply. delay: seconds before it. after: an event to wait for.

    raw: sent instead of everything else.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0
    after: threading.Event | None = None
    raw: bytes | None = None


Answer = Callable[[Request], Reply]


@dataclass
class Sink:
    """The server. requests: all of them, in the order of their arrival. port: at every address.

    answer: may be replaced at any time. connections: how many were opened.
    """

    answer: Answer
    requests: list[Request] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def to(self, path: str) -> list[Request]:
        """Return the requests to a path."""
        return [each for each in list(self.requests) if each.path == path]

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until a condition holds after a request."""
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE), self.requests

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, ValueError):
            while await self._exchange(reader, writer):
                pass
        writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *fields = head.split("\r\n")
        method, target, _ = line.split(" ")
        headers = {
            name.lower(): text for name, _, text in (each.partition(": ") for each in fields)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        request = Request(method, target, headers, body)
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        reply = self.answer(request)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        while reply.after and not reply.after.is_set():
            await asyncio.sleep(0.01)
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return False
        named = (*reply.headers, ("Content-Length", str(len(reply.body))))
        lines = "".join(f"{name}: {text}\r\n" for name, text in named)
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode() + reply.body)
        await writer.drain()
        return headers.get("connection") != "close"


@contextmanager
def sink(answer: Answer = lambda _: Reply()) -> Iterator[Sink]:
    """Run a server until the end of the block."""
    running = Sink(answer)
    loop = asyncio.new_event_loop()
    started = threading.Event()
    servers: list[asyncio.Server] = []

    async def start() -> None:
        server = await asyncio.start_server(running.serve, "0.0.0.0", 0)
        running.port = server.sockets[0].getsockname()[1]
        servers.append(server)
        started.set()

    async def stop() -> None:
        servers[0].close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(start(), loop)
    assert started.wait(PATIENCE)
    try:
        yield running
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
