"""Runs `feedsvc serve` in a separate process, on a free port of the loopback interface."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from tests import programs

Popen = Callable[..., "subprocess.Popen[str]"]
PATIENCE = 30.0  # seconds; a bound for a hanging test, never a measure of speed
_PORTS = iter(range(20_000, 32_768))


@dataclass
class Answer:
    """A whole response."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A running server."""

    port: int
    process: "subprocess.Popen[str]"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers=names)
            response: HTTPResponse = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def wait_for(self, path: str, text: str) -> Answer:
        """Repeat a request until the answer contains a text."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            answer = self.get(path)
            if text in answer.body.decode():
                return answer
            time.sleep(0.02)
        raise AssertionError(f"{text!r} never appeared at {path}")

    def stop(self) -> tuple[str, str]:
        """Terminate the server as an operator would; return its output."""
        self.process.terminate()
        return self.process.communicate(timeout=PATIENCE)


def free_port() -> int:
    """Return a port at which nobody listens, and that no other call returns, in any test run.

    The system picks ports from a higher range for sockets that ask for none, so that such a socket
    cannot take it before a server listens there, and no client can connect to itself.
    """
    for port in _PORTS:
        claim = socket.socket(type=socket.SOCK_DGRAM)  # at the same number, but not in the way
        try:
            claim.bind(("127.0.0.1", port))
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            claim.detach()  # until this process ends
            return port
    raise AssertionError("no port is free")


@contextmanager
def serving(
    site: Path,
    *options: str,
    port: int | None = None,
    group: bool = False,
    popen: Popen = programs.popen,
) -> Iterator[Server]:
    """Serve a site until the end of the block, with short pauses unless it is started `fresh`.

    group: as the leader of a process group. popen: see tests/programs.py.
    """
    port = port or free_port()
    module = "feedsvc" if popen is programs.fresh else "tests.quick"
    command = ["-m", module, "serve", "--site", str(site)]
    process = popen(
        [*command, "--bind", f"127.0.0.1:{port}", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=group,
    )
    server = Server(port, process)
    try:
        await_answer(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def await_answer(server: Server) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if server.process.poll() is not None:
            raise AssertionError("".join(server.process.communicate()))
        try:
            server.get("/healthz")
        except OSError:
            time.sleep(0.01)
        else:
            return
    raise AssertionError("the server never answered")
