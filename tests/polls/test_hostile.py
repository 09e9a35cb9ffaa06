"""Malformed and hostile requests: each gets a proper response, and the server keeps working."""

import socket
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.polls.wire import counted, exchange, holding, parse, poll
from tests.serving import PATIENCE, Server, serving
from tests.sites import article, make_site
from tests.soak import examples

ALL = "/feeds/all.rss"
END = b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("site")
    make_site(folder, {"a.md": article(title="First", tags=["C++"]), "b.md": article(title="B")})
    with serving(folder) as running:
        for path in (ALL, "/feeds.opml"):
            running.get(path)
        yield running
        assert running.get(ALL).status == 200
        _, errors = running.stop()
        assert "Traceback" not in errors
        assert "panicked" not in errors


@pytest.fixture(autouse=True)
def assert_unchanged(server: Server) -> Iterator[None]:
    """Check that the requests rendered nothing and did not change what others get."""
    renders, plain = counted(server)["feedsvc_render_seconds_count"], poll(server, ALL)
    yield
    assert counted(server)["feedsvc_render_seconds_count"] == renders
    after = poll(server, ALL)
    assert (after.status, after["etag"], after.body) == (200, plain["etag"], plain.body)


def request(target: bytes, *lines: bytes, method: bytes = b"GET", host: bytes = b"h") -> bytes:
    first = b"%s %s HTTP/1.1" % (method, target)
    return b"\r\n".join([first, b"Host: " + host, *lines, END])


@pytest.mark.parametrize(
    ("target", "statuses"),
    [
        (b"/feeds/%00.rss", {404}),
        (b"/feeds/tag/c%00.rss", {404}),
        (b"/feeds/tag/%ff%fe.rss", {404}),
        (b"/feeds/tag/%c3%28.atom", {404}),
        (b"/feeds/tag/%ed%a0%80.json", {404}),
        (b"/feeds/tag/%f0%9f%98.rss", {404}),
        (b"/feeds/tag/%.rss", {404, 400}),
        (b"/feeds/tag/%zz.rss", {404, 400}),
        (b"/feeds/../feeds/all.rss", {404}),
        (b"/feeds/%2e%2e/%2e%2e/feedsvc.toml", {404}),
        (b"/files/../feedsvc.toml", {404}),
        (b"/files/..%2f..%2f..%2fetc%2fpasswd", {404}),
        (b"/files/%2fetc%2fpasswd", {404}),
        (b"/static/../../settings.py", {404}),
        (b"//evil.example/feeds/all.rss", {404}),
        (b"/\\evil.example/feeds/all", {404, 400}),
        (b"/feeds/all.rss/", {404}),
        (b"/feeds/all.rss%20", {404}),
        (b"/feeds/all.rss%0d%0aSet-Cookie:x", {404}),
        (b"/feeds/tag/C%2B%2B%0d%0aSet-Cookie:x.rss", {404}),
        (b"/feeds/all.rss;x=1", {404}),
        (b"/feeds/all/archive/" + b"9" * 5_000 + b".rss", {404}),
        (b"/feeds/tag/" + b"a" * 20_000 + b".rss", {404, 414}),
        (b"/" + b"a/" * 10_000, {404, 414}),
        (b"/" + b"a" * 70_000, {404, 414}),
        (b"/\xff\xfe.rss", {400, 404}),
        (b"*", {400, 404}),
        (b"feeds/all.rss", {400, 404}),
        (b"", {400}),
    ],
)
def test_hostile_paths_are_client_errors(server: Server, target: bytes, statuses: set[int]) -> None:
    reply = parse(exchange(server.port, request(target)))
    assert reply.status in statuses
    assert b"Traceback" not in reply.body
    assert "set-cookie" not in reply


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([b"If-None-Match: " + b'"x", ' * 13_000], 200),
        ([b"If-None-Match: " + b'"' * 65_000], 200),
        ([b'If-None-Match: "x"'] * 60, 200),
        ([b"If-Modified-Since: " + b"9" * 65_000], 200),
        ([b"A-IM: " + b"feed;" * 13_000, b'If-None-Match: "1.aa.000000000000000000"'], 200),
        ([b"Accept-Encoding: " + b"gzip;q=0." + b"1" * 65_000], 200),
        ([b"Accept-Encoding: gzip"] * 60, 200),
        ([b"Cookie: " + b"x" * 65_000], 200),
        ([b"X-%d: x" % number for number in range(60)], 200),
        ([b"X-%d: x" % number for number in range(5_000)], 431),
        ([b"X: " + b"x" * 2_000_000], 431),
        ([b'If-None-Match: "\xff\xfe\x80"'], 200),
        ([b'If-None-Match: "\x00"'], 400),
        ([b"If-None-Match : *"], 400),
        ([b"If-None-Match: a\r\n b"], 400),
        ([b"A-IM\x00: feed"], 400),
        ([b"no colon"], 400),
        ([b": no name"], 400),
        ([b"Range: bytes=0-10"], 200),
        ([b"Range: bytes=10-0,5-"], 200),
        ([b'If-Match: "x"'], 200),
        ([b"If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT"], 200),
        ([b"Expect: 100-continue"], 200),
        ([b"Upgrade: h2c", b"HTTP2-Settings: x"], 200),
        ([b"Content-Length: 5\r\nContent-Length: 6"], 400),
        ([b"Content-Length: -1"], 400),
        ([b"Content-Length: x"], 400),
    ],
)
def test_hostile_header_fields_are_ignored_or_client_errors(
    server: Server, lines: list[bytes], status: int
) -> None:
    """Conformance 29, 31, 35."""
    raw = exchange(server.port, request(ALL.encode(), *lines))
    if status == 431 and not raw:
        return  # closed while the client was still sending
    assert parse(raw.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")).status == status


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /feeds/all.rss HTTP/1.0\r\n\r\n",
        b"GET /feeds/all.rss HTTP/1.0\r\nHost: evil.example\r\n\r\n",
        b"GET /feeds/all.rss HTTP/1.1\r\n" + END,
        b"GET /feeds/all.rss HTTP/1.1\r\nHost:\r\n" + END,
        b"GET /feeds/all.rss HTTP/1.1\r\nHost: a b<script>\r\n" + END,
        b"GET http://evil.example/feeds/all.rss HTTP/1.1\r\nHost: evil.example\r\n" + END,
    ],
)
def test_the_host_does_not_change_the_response(server: Server, raw: bytes) -> None:
    """Conformance 48."""
    reply, plain = parse(exchange(server.port, raw)), poll(server, ALL)
    assert (reply.status, reply["etag"], reply.body) == (200, plain["etag"], plain.body)


@pytest.mark.parametrize("path", [ALL, "/feeds.opml", "/", "/feeds/tag/C++.rss", "/articles/a"])
def test_forged_hosts_are_never_in_responses(server: Server, path: str) -> None:
    """Conformance 48."""
    lines = [
        b"X-Forwarded-Host: evil.example",
        b"X-Forwarded-Proto: gopher",
        b"X-Forwarded-Prefix: /evil",
        b"X-Forwarded-Server: evil.example",
        b"X-Forwarded-For: evil.example",
        b"X-Original-URL: /evil",
        b"X-Rewrite-URL: /evil",
        b"Forwarded: host=evil.example;proto=gopher",
        b"Base-Url: https://evil.example",
    ]
    raw = request(path.encode(), *lines, host=b"evil.example")
    forged, plain = parse(exchange(server.port, raw)), poll(server, path)
    assert b"evil" not in forged.body
    assert "evil" not in str(forged.fields)
    assert (forged.status, forged.body) == (plain.status, plain.body)


@pytest.mark.parametrize("method", [b"PROPFIND", b"PRI", b"A" * 5_000, b"get", b"Head", b"G!T"])
def test_an_unknown_method_is_refused(server: Server, method: bytes) -> None:
    """Conformance 36."""
    reply = parse(exchange(server.port, request(ALL.encode(), method=method)))
    assert reply.status in {400, 405}
    if reply.status == 405:
        assert reply["allow"] == "GET, HEAD"


def test_connect_is_refused(server: Server) -> None:
    """Conformance 36."""
    raw = exchange(server.port, request(b"evil.example:80", method=b"CONNECT"))
    assert not raw.startswith(b"HTTP/1.1 2")


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET",
        b"GET /",
        b"GET / HTTP/9.9",
        b"GET / HTTP/1.1 and more\r\nHost: h",
        b"SSH-2.0-OpenSSH_9.6",
        b"\x00" * 10_000,
    ],
)
def test_bytes_that_are_not_http_are_refused(server: Server, raw: bytes) -> None:
    answer = exchange(server.port, raw + b"\r\n\r\n")
    assert not answer or parse(answer).status == 400


def test_the_body_of_a_get_is_not_parsed_as_another_request(server: Server) -> None:
    """Request smuggling."""
    inner = b"GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"
    lines = [b"Content-Length: %d" % len(inner)]
    raw = exchange(server.port, request(ALL.encode(), *lines) + inner)
    assert raw.count(b"HTTP/1.1 ") == 1
    assert parse(raw).status == 200


def test_a_chunked_body_of_a_get_is_ignored(server: Server) -> None:
    raw = request(ALL.encode(), b"Transfer-Encoding: chunked") + b"5\r\nhello\r\n0\r\n\r\n"
    assert parse(exchange(server.port, raw)).status == 200


def test_content_length_with_chunks_does_not_smuggle_a_request(server: Server) -> None:
    lines = [b"Content-Length: 4", b"Transfer-Encoding: chunked"]
    raw = request(ALL.encode(), *lines) + b"0\r\n\r\nGET /nothing HTTP/1.1\r\nHost: h\r\n\r\n"
    assert exchange(server.port, raw).count(b"HTTP/1.1 ") == 1


def test_clients_that_disconnect_early_do_not_stop_the_server(server: Server) -> None:
    for sent in (b"", b"GET /fe", b"GET /feeds/all.rss HTTP/1.1\r\nHo", request(ALL.encode())):
        connection = socket.create_connection(("127.0.0.1", server.port))
        connection.sendall(sent)
        connection.close()
    assert poll(server, ALL).status == 200


def test_tags_of_documents_that_never_existed_get_the_whole_feed(server: Server) -> None:
    """Conformance 38. Newer tags are trusted until the server has looked them up."""
    made_up = [f'"{number:x}.00000000.{"0" * 18}"' for number in range(200)]
    asked = [*holding(*made_up), ("A-IM", "feed")]
    end = time.monotonic() + PATIENCE
    while (found := poll(server, ALL, asked).status) == 304 and time.monotonic() < end:
        time.sleep(0.1)
    assert found == 200


@settings(max_examples=examples(30), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"")),
    st.binary(max_size=60).map(lambda raw: raw.replace(b"\n", b"").replace(b"\r", b"")),
)
def test_any_bytes_get_a_response(server: Server, path: bytes, value: bytes) -> None:
    fields = [b"If-None-Match: " + value, b"A-IM: " + value, b"Accept-Encoding: " + value]
    for raw in (request(b"/" + path), request(ALL.encode(), *fields)):
        reply = parse(exchange(server.port, raw))
        assert reply.status in {200, 304, 308, 400, 404, 406, 410}
