"""HTTP as bytes, to send arbitrary requests and to see entire responses."""

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.serving import PATIENCE, Server


@dataclass
class Reply:
    """A response. fields: names in lower case, in order, with repetitions."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        """Return a header field that must occur exactly once."""
        (value,) = [value for each, value in self.fields if each == name]
        return value

    def get(self, name: str, default: str) -> str:
        """Return a header field that may occur at most once."""
        found = [value for each, value in self.fields if each == name] or [default]
        (value,) = found
        return value

    def __contains__(self, name: str) -> bool:
        """Whether the response has a header field."""
        return any(each == name for each, _ in self.fields)

    @property
    def max_age(self) -> int:
        """The seconds for which the response is fresh."""
        match = re.search(r"(?:^|[ ,])max-age=(\d+)", self["cache-control"])
        assert match
        return int(match[1])


def exchange(port: int, raw: bytes) -> bytes:
    """Send bytes on a new connection; return everything received until it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        received = []
        try:
            connection.sendall(raw)
            while some := connection.recv(65_536):
                received.append(some)
        except (ConnectionResetError, BrokenPipeError):
            pass  # the server may close before it has read everything
        return b"".join(received)


def parse(raw: bytes) -> Reply:
    """Parse one response, and check the syntax of every line."""
    head, gap, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"HTTP/1\.[01] ([1-5]\d\d) .*", first)
    assert match, raw[:200]
    assert gap
    fields = [line.split(": ", 1) for line in lines]
    return Reply(int(match[1]), [(name.lower(), value) for name, value in fields], body)


def poll(
    server: Server, path: str, fields: Iterable[tuple[str, str]] = (), method: str = "GET"
) -> Reply:
    """Send exactly these header fields, besides Host and Connection."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in fields]
    return parse(exchange(server.port, "\r\n".join([*lines, "", ""]).encode("latin-1")))


def holding(*etags: str) -> list[tuple[str, str]]:
    """Return the header field of a client that has these tags."""
    return [("If-None-Match", ", ".join(etags))]


def wanting_delta(*etags: str) -> list[tuple[str, str]]:
    """Return the header fields of a client that has these tags and accepts a delta."""
    return [*holding(*etags), ("A-IM", "feed")]


def settle(server: Server, path: str) -> None:
    """Wait until a feed's date is not in the future, so that it can be confirmed by date.

    No two revisions have the same second, so a second one within a second is dated ahead.
    """
    end = time.monotonic() + PATIENCE
    while True:
        since = ("If-Modified-Since", poll(server, path)["last-modified"])
        if poll(server, path, [since]).status == 304:
            return
        assert time.monotonic() < end
        time.sleep(0.05)


def counted(server: Server) -> dict[str, float]:
    """Return the metrics of the server, by name and labels."""
    lines = server.get("/metrics").body.decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def statuses(server: Server, feed: str = "all") -> dict[int, int]:
    """Return the number of polls of a feed by status."""
    found: dict[int, int] = {}
    for name, value in counted(server).items():
        match = re.fullmatch(r'feedsvc_polls_total\{.*feed="(.*?)",status="(\d+)"\}', name)
        if match and match[1] == feed:
            found[int(match[2])] = found.get(int(match[2]), 0) + int(value)
    return found
