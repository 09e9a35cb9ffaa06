"""Feeds over HTTP: what is asked, what is refused, and how the serving is validated."""

import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from feedsvc.check import exchange, fetch
from feedsvc.check.exchange import Exchange
from feedsvc.check.fetch import FetchError

BODY = (Path(__file__).parent / "fixtures" / "rss-good.xml").read_bytes()
HEADERS = {
    "content-type": "application/rss+xml; charset=utf-8",
    "etag": '"a"',
    "cache-control": "max-age=900",
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
}
Answer = Callable[[BaseHTTPRequestHandler], tuple[int, Mapping[str, str], bytes]]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """Serve on a port of this machine; yields the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=httpd.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def codes(answer: Exchange) -> set[str]:
    return {problem.code for problem in exchange.validate(answer)}


def answered(status: int = 200, again: int | None = 304, **headers: str | None) -> Exchange:
    given = HEADERS | {name.replace("_", "-"): value or "" for name, value in headers.items()}
    kept = {name: value for name, value in given.items() if value}
    return Exchange("https://a.example/", (), status, kept, BODY, again)


def test_a_feed_is_fetched_compressed_and_asked_for_again_with_its_validators() -> None:
    asked = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(request.headers)
        if request.headers.get("If-None-Match") == '"a"':
            return 304, {"ETag": '"a"'}, b""
        return 200, HEADERS, gzip.compress(BODY)

    with server(answer) as url:
        found = fetch.fetch(url)
    assert found.body == BODY
    assert found.again == 304
    assert codes(found) == {"plain-http"}
    assert not any("Authorization" in each or "Cookie" in each for each in asked)


def test_redirects_are_followed_and_told() -> None:
    """At most five."""

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        left = int(request.path.strip("/") or 0)
        return (
            (302, {"Location": f"/{left - 1}"}, b"")
            if left
            else (200, HEADERS, gzip.compress(BODY))
        )

    with server(answer) as url:
        assert fetch.fetch(f"{url}5").redirects == (302,) * 5
        assert "temporary-redirect" in codes(fetch.fetch(f"{url}1"))
        with pytest.raises(FetchError, match="more than 5 times"):
            fetch.fetch(f"{url}6")


@pytest.mark.parametrize(
    "to", ["file:///etc/hostname", "ftp://a.example/", "http://u:p@a.example/"]
)
def test_a_redirect_to_anything_else_is_refused(to: str) -> None:
    with server(lambda _: (301, {"Location": to}, b"")) as url, pytest.raises(FetchError):
        fetch.fetch(url)


def test_a_body_that_grows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST", 1000)
    for headers, body in (
        ({}, b"x" * 1001),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"x" * 10**6)),
    ):
        answer: Answer = partial(_always, (200, headers, body))
        with server(answer) as url, pytest.raises(FetchError, match="has more than"):
            fetch.fetch(url)


def _always(
    answer: tuple[int, Mapping[str, str], bytes], _: BaseHTTPRequestHandler
) -> tuple[int, Mapping[str, str], bytes]:
    return answer


def test_a_server_that_never_ends_is_left() -> None:
    over = Event()

    def answer(_: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        over.wait(30)
        return 200, {}, b""

    with server(answer) as url:
        with pytest.raises(FetchError, match=r"took longer than 0\.05 seconds"):
            fetch.fetch(url, patience=0.05)
        over.set()


@pytest.mark.parametrize(
    "url", ["http://", "http://[", "https://u:p@a.example/", "http://a.example/é"]
)
def test_what_cannot_be_asked_for_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as refusal:
        fetch.fetch(url)
    assert "u:p" not in str(refusal.value)


def test_broken_gzip_is_one_sentence() -> None:
    answer: Answer = partial(_always, (200, {"Content-Encoding": "gzip"}, b"nonsense"))
    with server(answer) as url, pytest.raises(FetchError, match="cannot be fetched"):
        fetch.fetch(url)


def test_a_file_and_a_stream_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MOST", 3)
    (tmp_path / "a").write_bytes(b"abcd")
    with pytest.raises(FetchError, match="has more than"):
        fetch.read_file(tmp_path / "a")
    assert fetch.read_stream(io.BytesIO(b"abc"), "-") == b"abc"
    with pytest.raises(FetchError, match="cannot be read"):
        fetch.read_file(tmp_path)


SERVED = {
    "nothing": answered(),
    "http-status": answered(status=500),
    "wrong-content-type": answered(content_type="text/html"),
    "contradicting-charset": answered(content_type="application/rss+xml; charset=iso-8859-1"),
    "no-validator": answered(etag=None),
    "no-conditional": answered(again=200),
    "no-cache-control": answered(cache_control=None),
    "no-compression": answered(content_encoding=None),
    "compression-without-vary": answered(vary=None),
}


@pytest.mark.parametrize("code", SERVED)
def test_how_a_feed_is_served_is_validated(code: str) -> None:
    """Conformance 29, 35, 41, 47."""
    if code == "no-compression":
        large = SERVED[code]
        assert codes(Exchange(large.url, (), 200, large.headers, BODY * 9, 304)) == {code}
    else:
        assert codes(SERVED[code]) == ({code} if code != "nothing" else set())
