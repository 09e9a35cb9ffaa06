"""Gets a feed from a file or over HTTP, within bounds; validates nothing.

Over HTTP: at most 5 redirects, from http and https to these two alone, 20 MB, 10 seconds without a
byte, 60 seconds in all; no credentials, no cookies, and no file by way of a redirect.
"""

import zlib
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import BinaryIO
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

import feedsvc
from feedsvc import syntax
from feedsvc.check.exchange import Exchange
from feedsvc.errors import FeedsvcError

MOST = 20_000_000  # bytes
_REDIRECTS = 5
_SILENCE = 10  # seconds
_PATIENCE = 60  # seconds
_CHUNK = 65_536
_MOVED = (301, 302, 303, 307, 308)


class FetchError(FeedsvcError):
    """A feed cannot be had; names where from, and why."""


def is_url(target: str) -> bool:
    """Return whether somebody asks for a URL rather than a file."""
    return target.lower().startswith(("http://", "https://"))


def read_file(path: Path) -> bytes:
    """Return the bytes of a file. Raises FetchError."""
    try:
        with path.open("rb") as source:
            return read_stream(source, str(path))
    except OSError as error:
        raise FetchError(f"{path}: cannot be read: {error.strerror}") from None


def read_stream(source: BinaryIO, name: str) -> bytes:
    """Return all bytes of a stream. Raises FetchError where there are too many."""
    body = source.read(MOST + 1)
    if len(body) > MOST:
        raise FetchError(f"{name}: has more than {MOST // 1_000_000} MB; no feed may")
    return body


def fetch(url: str, patience: float = _PATIENCE) -> Exchange:
    """Get a feed over HTTP, and ask again with the validators that came. Raises FetchError.

    patience: seconds for all of it.
    """
    answers: SimpleQueue[Exchange | Exception] = SimpleQueue()

    def work() -> None:
        try:
            answers.put(_fetch(url))
        except Exception as error:  # noqa: BLE001
            answers.put(error)

    # A server that sends a byte now and then can hold a socket for ever, but not the command.
    Thread(target=work, daemon=True).start()
    try:
        answer = answers.get(timeout=patience)
    except Empty:
        raise FetchError(f"{url}: took longer than {patience:g} seconds") from None
    if isinstance(answer, FetchError):
        raise answer
    if isinstance(answer, Exception):
        reason = answer.reason if isinstance(answer, URLError) else answer
        raise FetchError(f"{url}: cannot be fetched: {reason}") from None
    return answer


def _fetch(url: str) -> Exchange:
    redirects: list[int] = []
    while True:
        status, headers, body = _get(url, {})
        if status not in _MOVED or "location" not in headers:
            break
        if len(redirects) == _REDIRECTS:
            raise FetchError(f"{url}: is redirected more than {_REDIRECTS} times")
        redirects.append(status)
        url = urljoin(url, headers["location"])
    again = None
    conditions = {
        name: headers[validator]
        for name, validator in (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
        if validator in headers
    }
    if status == 200 and conditions:
        again, _, _ = _get(url, conditions)
    return Exchange(url, tuple(redirects), status, headers, body, again)


def _get(url: str, conditions: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    _check(url)
    request = Request(  # noqa: S310
        url,
        headers={
            "User-Agent": f"feedsvc/{feedsvc.__version__} (check)",
            "Accept": "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5",
            "Accept-Encoding": "gzip",
            **conditions,
        },
    )
    with _opener().open(request, timeout=_SILENCE) as response:
        headers: dict[str, str] = {}
        for name, value in response.headers.items():
            known = headers.get(name.lower())
            headers[name.lower()] = f"{known}, {value}" if known else value
        body = _body(response, url, headers.get("content-encoding", "").strip().lower())
        return response.status, headers, body


def _opener() -> OpenerDirector:
    """Return an opener of nothing but http and https, that follows nothing by itself."""
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler()):
        opener.add_handler(handler)
    return opener


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        has_user = parts.username is not None or parts.password is not None
        _ = parts.port
    except ValueError:
        raise FetchError(f"{url}: is no URL") from None
    if not syntax.is_url(url):
        raise FetchError(f"{url}: is no URL of http or https")
    if has_user:
        raise FetchError(
            f"{parts.scheme}://{parts.hostname}: has a user name in its URL; remove it"
        )
    if not url.isascii() or not url.isprintable():
        raise FetchError(f"{url!a}: is not ASCII; percent-encode it")


def _body(response: BinaryIO, url: str, coding: str) -> bytes:
    """Read a body, decoded, and no more of it than is allowed, before and after decoding."""
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchError(f"{url}: came in {coding}, which was not asked for")
    decoder = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    body = bytearray()
    received = 0
    while chunk := response.read(_CHUNK):
        received += len(chunk)
        body += decoder.decompress(chunk, MOST + 1 - len(body)) if decoder else chunk
        if len(body) > MOST or received > MOST:
            raise FetchError(f"{url}: has more than {MOST // 1_000_000} MB; no feed may")
    return bytes(body)
