"""Fetching feeds for validation, and validation of how they are served."""

import gzip
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from feedsvc.check import exchange
from feedsvc.check.command import get_twice
from feedsvc.fetch import Answer, FetchError
from tests.servers import server

BODY = (Path(__file__).parent / "fixtures" / "rss-good.xml").read_bytes()
HEADERS = {
    "content-type": "application/rss+xml; charset=utf-8",
    "etag": '"a"',
    "cache-control": "max-age=900",
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
}


Exchange = tuple[Answer, int | None]


def codes(found: Exchange) -> set[str]:
    return {problem.code for problem in exchange.validate(*found)}


def answered(
    status: int = 200, again: int | None = 304, body: bytes = BODY, **headers: str | None
) -> Exchange:
    given = HEADERS | {name.replace("_", "-"): value or "" for name, value in headers.items()}
    kept = {name: value for name, value in given.items() if value}
    return Answer("https://a.example/", (), status, kept, body), again


def test_a_feed_is_requested_compressed_and_again_with_its_validators() -> None:
    asked = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        asked.append(request.headers)
        if request.headers.get("If-None-Match") == '"a"':
            return 304, {"ETag": '"a"'}, b""
        return 200, HEADERS, gzip.compress(BODY)

    with server(answer) as url:
        found, again = get_twice(url)
    assert (found.body, again) == (BODY, 304)
    assert codes((found, again)) == {"plain-http"}
    assert not any("Authorization" in each or "Cookie" in each for each in asked)


def test_redirects_are_followed_and_reported() -> None:
    """At most five."""

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, Mapping[str, str], bytes]:
        left = int(request.path.strip("/") or 0)
        return (
            (302, {"Location": f"/{left - 1}"}, b"")
            if left
            else (200, HEADERS, gzip.compress(BODY))
        )

    with server(answer) as url:
        assert get_twice(f"{url}5")[0].redirects == (302,) * 5
        assert "temporary-redirect" in codes(get_twice(f"{url}1"))
        with pytest.raises(FetchError, match="more than 5 times"):
            get_twice(f"{url}6")


SERVED = {
    "nothing": answered(),
    "http-status": answered(status=500),
    "wrong-content-type": answered(content_type="text/html"),
    "contradicting-charset": answered(content_type="application/rss+xml; charset=iso-8859-1"),
    "no-validator": answered(etag=None),
    "no-conditional": answered(again=200),
    "no-cache-control": answered(cache_control=None),
    "no-compression": answered(content_encoding=None, body=BODY * 9),
    "compression-without-vary": answered(vary=None),
}


@pytest.mark.parametrize("code", SERVED)
def test_faults_of_serving_are_reported(code: str) -> None:
    """Conformance 29, 35, 41, 47."""
    assert codes(SERVED[code]) == {code} - {"nothing"}
