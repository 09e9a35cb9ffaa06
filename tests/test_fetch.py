"""Documents are fetched within limits; hostile servers, redirects and addresses are refused."""

import gzip
import io
import socket
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from feedsvc import fetch
from feedsvc.fetch import FetchError, Limits
from tests.servers import Answer, server

LIMITS = Limits(1000)
PUBLIC = Limits(1000, public=True)


def always(
    answer: tuple[int, Mapping[str, str], bytes], _: BaseHTTPRequestHandler
) -> tuple[int, Mapping[str, str], bytes]:
    return answer


def test_validators_of_the_earlier_answer_are_sent() -> None:
    """RFC 9110 13.1: both ETag and Last-Modified."""
    asked = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(request.headers)
        if request.headers.get("If-None-Match") == '"a"':
            return 304, {}, b""
        return 200, {"ETag": '"a"', "Last-Modified": "Thu, 17 Feb 2022 09:30:00 GMT"}, b"text"

    with server(answer) as url:
        first = fetch.get(url, LIMITS)
        assert (first.status, first.body) == (200, b"text")
        assert fetch.get(url, LIMITS, first).status == 304
    assert asked[1]["If-Modified-Since"] == "Thu, 17 Feb 2022 09:30:00 GMT"
    assert not any("Authorization" in each or "Cookie" in each for each in asked)


def test_head_returns_the_headers_without_the_body() -> None:
    """The length is that of the file, because no coding is accepted."""

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        assert (request.command, request.headers["Accept-Encoding"]) == ("HEAD", "identity")
        return 200, {"Content-Type": "audio/mpeg"}, b"x" * 5000  # more than the limit

    with server(answer) as url:
        found = fetch.head(url, LIMITS)
    assert (found.status, found.headers["content-length"], found.body) == (200, "5000", b"")


def test_validators_are_sent_only_to_the_url_that_they_are_from() -> None:
    """A redirect may point to another document that happens to be older."""
    target = "/old"

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        if request.path == "/":
            return 302, {"Location": target}, b""
        if "If-Modified-Since" in request.headers:
            return 304, {}, b""
        return 200, {"Last-Modified": "Thu, 17 Feb 2022 09:30:00 GMT"}, request.path.encode()

    with server(answer) as url:
        first = fetch.get(url, LIMITS)
        assert first.body == b"/old"
        assert fetch.get(url, LIMITS, first).status == 304
        target = "/new"
        assert fetch.get(url, LIMITS, first).body == b"/new"


@pytest.mark.parametrize(
    "to", ["file:///etc/hostname", "ftp://a.example/", "http://u:p@a.example/"]
)
def test_a_redirect_to_another_scheme_or_with_credentials_is_refused(to: str) -> None:
    with server(lambda _: (301, {"Location": to}, b"")) as url, pytest.raises(FetchError):
        fetch.get(url, LIMITS)


@pytest.mark.parametrize(
    ("headers", "body"),
    [({}, b"x" * 1001), ({"Content-Encoding": "gzip"}, gzip.compress(b"x" * 10**6))],
    ids=["plain", "gzip"],
)
def test_a_body_beyond_the_limit_is_refused(headers: dict[str, str], body: bytes) -> None:
    answer: Answer = partial(always, (200, headers, body))
    with server(answer) as url, pytest.raises(FetchError, match=r"more than 0\.001 MB"):
        fetch.get(url, LIMITS)


def test_a_server_that_does_not_answer_times_out() -> None:
    over = Event()

    def answer(_: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        over.wait(30)
        return 200, {}, b""

    with server(answer) as url:
        with pytest.raises(FetchError, match=r"took longer than 0\.05 seconds"):
            fetch.get(url, Limits(1000, patience=0.05))
        over.set()


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "https://u:p@a.example/", "http://a.example/é"]
)
def test_invalid_urls_are_refused_without_quoting_credentials(url: str) -> None:
    with pytest.raises(FetchError) as refusal:
        fetch.get(url, LIMITS)
    assert "u:p" not in str(refusal.value)


def test_broken_gzip_is_reported_in_one_sentence() -> None:
    answer: Answer = partial(always, (200, {"Content-Encoding": "gzip"}, b"nonsense"))
    with server(answer) as url, pytest.raises(FetchError, match="cannot be fetched"):
        fetch.get(url, LIMITS)


def test_files_and_streams_are_limited_in_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abcd")
    with pytest.raises(FetchError, match="has more than"):
        fetch.read_file(tmp_path / "a", 3)
    assert fetch.read_stream(io.BytesIO(b"abc"), "-", 3) == b"abc"
    with pytest.raises(FetchError, match="cannot be read"):
        fetch.read_file(tmp_path, 3)


def test_a_private_address_is_refused_without_a_request() -> None:
    asked = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(request.path)
        return 200, {}, b""

    with server(answer) as url:
        with pytest.raises(FetchError, match=r"is at 127\.0\.0\.1, which is not a public address"):
            fetch.get(url, PUBLIC)
        with pytest.raises(FetchError, match="not a public address"):
            fetch.get(url.replace("http:", "https:"), PUBLIC)
    assert asked == []


def test_a_host_name_with_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is the one that DNS returns at the time of the connection."""

    def addresses(*_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    with pytest.raises(FetchError, match=r"news\.example\.org: is at 10\.0\.0\.1"):
        fetch.get("http://news.example.org/feed", PUBLIC)


def test_a_proxy_is_not_used_for_public_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda _: (200, {}, b"from the proxy")) as url:
        monkeypatch.setenv("http_proxy", url)
        with pytest.raises(FetchError, match="not a public address"):
            fetch.get("http://127.0.0.1:1/", PUBLIC)
