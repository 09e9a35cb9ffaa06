"""HTTP as bytes, so that anything at all can be sent and everything that comes back is seen."""

import re
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.serving import PATIENCE, Server


@dataclass
class Reply:
    """A response as it came. fields: names in lower case, in order, repeated where they are."""

    status: int
    fields: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        """Return a header field that must be there once."""
        (value,) = [value for each, value in self.fields if each == name]
        return value

    def get(self, name: str, default: str) -> str:
        """Return a header field that is there once or not at all."""
        found = [value for each, value in self.fields if each == name] or [default]
        (value,) = found
        return value

    def __contains__(self, name: str) -> bool:
        """Tell whether there is a header field."""
        return any(each == name for each, _ in self.fields)

    @property
    def max_age(self) -> int:
        """The seconds for which it is fresh."""
        match = re.search(r"(?:^|[ ,])max-age=(\d+)", self["cache-control"])
        assert match
        return int(match[1])


def exchange(port: int, raw: bytes) -> bytes:
    """Send bytes on a connection of their own; return all that comes until it is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        received = []
        try:
            connection.sendall(raw)
            while some := connection.recv(65_536):
                received.append(some)
        except (ConnectionResetError, BrokenPipeError):
            pass  # closed before it was read to its end, as a server may
        return b"".join(received)


def parse(raw: bytes) -> Reply:
    """Take apart one response, of which every line must be what HTTP/1 wants."""
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
    """Return the field of a client that has these."""
    return [("If-None-Match", ", ".join(etags))]


def wanting_delta(*etags: str) -> list[tuple[str, str]]:
    """Return the fields of a client that has these and takes what it lacks of a feed alone."""
    return [*holding(*etags), ("A-IM", "feed")]


def settle(server: Server, path: str) -> None:
    """Wait until a feed's date is not ahead of the clock, so that it confirms the feed.

    No two revisions have the same second, so that of the second one within a second lies ahead.
    """
    end = time.monotonic() + PATIENCE
    while True:
        since = ("If-Modified-Since", poll(server, path)["last-modified"])
        if poll(server, path, [since]).status == 304:
            return
        assert time.monotonic() < end
        time.sleep(0.05)


def counted(server: Server) -> dict[str, float]:
    """Return what the server has counted, by name and labels."""
    lines = server.get("/metrics").body.decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


def statuses(server: Server, feed: str = "all") -> dict[int, int]:
    """Return how many polls of a feed got which status."""
    found: dict[int, int] = {}
    for name, value in counted(server).items():
        match = re.fullmatch(r'feedsvc_polls_total\{.*feed="(.*?)",status="(\d+)"\}', name)
        if match and match[1] == feed:
            found[int(match[2])] = found.get(int(match[2]), 0) + int(value)
    return found
