"""Stalled clients do not delay others, with a single worker."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.polls.wire import exchange, parse, poll
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site

ALL = "/feeds/all.rss"
FILE = "/files/big.mp3"
SIZE = 8_000_000  # bytes; more than the buffers of both sockets take
BODY = bytes(range(250)) * (SIZE // 250)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    words = "word " * 400_000
    files: dict[str, str | bytes] = {
        "a.md": article(title="With a recording", body="[Listen](big.mp3)"),
        "long.md": article(title="Long", body=words),
        "draft.md": article(title="Draft", body="[Listen](secret.mp3)", draft=True),
        "big.mp3": BODY,
        "secret.mp3": b"secret",
        "empty.mp3": b"",
        "b.md": article(title="With nothing", body="[Listen](empty.mp3)"),
    }
    make_site(folder, files)
    with serving(folder) as running:
        yield running


def stall(port: int, raw: bytes) -> socket.socket:
    """Send bytes on a connection with small buffers that is never read."""
    connection = socket.socket()
    connection.settimeout(PATIENCE)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect(("127.0.0.1", port))
    connection.sendall(raw)
    return connection


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: h\r\n\r\n".encode()


@pytest.mark.parametrize(
    "raw",
    [
        get(FILE),
        get(FILE).replace(b"\r\n\r\n", b"\r\nRange: bytes=5-\r\n\r\n"),
        get(ALL),  # of two megabytes, uncompressed
        get("/articles/long"),
        b"GET /feeds/all.rss HTTP/1.1\r\nHost: h\r\n",  # an unfinished head
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n",
        b"",
    ],
    ids=["file", "range", "feed", "page", "head", "body", "body-of-get", "nothing"],
)
def test_stalled_clients_do_not_delay_others(server: Server, raw: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(stall(server.port, raw))
        assert poll(server, ALL, [("Accept-Encoding", "gzip")]).status == 200
        assert poll(server, "/healthz").status == 200
        assert poll(server, FILE).body == BODY


def test_a_slow_client_gets_the_whole_file(server: Server) -> None:
    with stall(
        server.port, get(FILE).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    ) as slow:
        assert poll(server, "/healthz").status == 200
        received = b""
        while some := slow.recv(65_536):
            received += some
    assert parse(received).body == BODY


def test_ranges_of_files_are_exact(server: Server) -> None:
    whole = poll(server, FILE)
    assert (whole.status, whole["content-length"], whole["accept-ranges"]) == (
        200,
        str(SIZE),
        "bytes",
    )
    for asked, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=5-1000004", 5, 1_000_004),
        ("bytes=-3", SIZE - 3, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
    ):
        part = poll(server, FILE, [("Range", asked), ("If-Range", whole["etag"])])
        assert part.status == 206
        assert part["content-range"] == f"bytes {first}-{last}/{SIZE}"
        assert part["content-length"] == str(last - first + 1)
        assert part.body == BODY[first : last + 1]
    beyond = poll(server, FILE, [("Range", f"bytes={SIZE}-")])
    assert (beyond.status, beyond["content-range"]) == (416, f"bytes */{SIZE}")
    other = poll(server, FILE, [("Range", "bytes=0-0"), ("If-Range", '"another"')])
    assert (other.status, other.body) == (200, BODY)


def test_files_are_not_sent_for_matching_tags_or_head(server: Server) -> None:
    whole = poll(server, FILE)
    held = poll(server, FILE, [("If-None-Match", whole["etag"])])
    assert (held.status, held.body) == (304, b"")
    head = poll(server, FILE, method="HEAD")
    assert (head.status, head.body, head["content-length"]) == (200, b"", str(SIZE))
    assert head["content-security-policy"] == whole["content-security-policy"]


def test_an_empty_file_is_sent(server: Server) -> None:
    empty = poll(server, "/files/empty.mp3")
    assert (empty.status, empty.body, empty["content-length"]) == (200, b"", "0")


def test_files_of_drafts_are_not_sent(server: Server) -> None:
    assert poll(server, "/files/secret.mp3").status == 404


def test_repeated_header_fields_are_combined(server: Server) -> None:
    etag = poll(server, ALL, [("Accept-Encoding", "gzip")])["etag"]
    fields = f'If-None-Match: "another"\r\nIf-None-Match: {etag}\r\nX-\xe9: \xe9'
    raw = f"GET {ALL} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{fields}\r\n\r\n"
    assert (
        parse(exchange(server.port, raw.replace("X-\xe9", "X-E").encode("latin-1"))).status == 304
    )
