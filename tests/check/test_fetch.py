"""How a feed is fetched for validation, and how its serving is validated."""

import gzip
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from feedsvc.check import exchange, fetch
from feedsvc.check.exchange import Exchange
from feedsvc.fetch import FetchError
from tests.servers import server

BODY = (Path(__file__).parent / "fixtures" / "rss-good.xml").read_bytes()
HEADERS = {
    "content-type": "application/rss+xml; charset=utf-8",
    "etag": '"a"',
    "cache-control": "max-age=900",
    "content-encoding": "gzip",
    "vary": "Accept-Encoding",
}


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
        found = fetch.exchange(url)
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
        assert fetch.exchange(f"{url}5").redirects == (302,) * 5
        assert "temporary-redirect" in codes(fetch.exchange(f"{url}1"))
        with pytest.raises(FetchError, match="more than 5 times"):
            fetch.exchange(f"{url}6")


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
