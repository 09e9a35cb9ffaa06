"""Reads documents from files and over HTTP, with limits.

Over HTTP: only http and https, at most 5 redirects, 10 seconds without a byte, no credentials and
no cookies. The caller limits the size and the total time, and may limit the addresses.
"""

import socket
import ssl
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
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
from feedsvc.errors import FeedsvcError
from feedsvc.outgoing import is_public

_REDIRECTS = 5
_SILENCE = 10  # seconds
_CHUNK = 65_536
MOVED = (301, 302, 303, 307, 308)


class FetchError(FeedsvcError):
    """A document cannot be read; the message names it and the reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a server.

    url: the final one, after redirects. redirects: their status codes. headers: by lower-case name.
    body: decoded.
    """

    url: str
    redirects: tuple[int, ...]
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def conditions(self) -> dict[str, str]:
        """The header fields of a conditional request for the same document (RFC 9110 13.1)."""
        validators = {"If-None-Match": "etag", "If-Modified-Since": "last-modified"}
        return {
            name: self.headers[validator]
            for name, validator in validators.items()
            if validator in self.headers
        }


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a request. size: bytes. patience: seconds. public: allow only public addresses.

    The address is checked when connecting, so redirects and changed DNS entries are covered. No
    proxy is used then, as only the proxy would know the address.
    """

    size: int
    patience: float = 60
    public: bool = False


def is_url(target: str) -> bool:
    """Return whether a text is meant as a URL and not as a file."""
    return target.lower().startswith(("http://", "https://"))


def read_file(path: Path, limit: int) -> bytes:
    """Return the bytes of a file. Raises FetchError."""
    try:
        with path.open("rb") as source:
            return read_stream(source, str(path), limit)
    except OSError as error:
        raise FetchError(f"{path}: cannot be read: {error.strerror}") from None


def read_stream(source: BinaryIO, name: str, limit: int) -> bytes:
    """Return all bytes of a stream. Raises FetchError if there are more than the limit."""
    body = source.read(limit + 1)
    if len(body) > limit:
        raise _too_large(name, limit)
    return body


def get(url: str, limits: Limits, known: Answer | None = None) -> Answer:
    """Get a document over HTTP. Raises FetchError; any status is an answer.

    known: an earlier answer; if its document did not change, the status is 304.
    """
    return _within(limits, url, lambda: _get(url, limits, known))


def head(url: str, limits: Limits) -> Answer:
    """Ask for the header fields of a document (HEAD), as `get` does. Raises FetchError."""
    return _within(limits, url, lambda: _get(url, limits, None, "HEAD"))


def _within(limits: Limits, url: str, ask: Callable[[], Answer]) -> Answer:
    answers: SimpleQueue[Answer | Exception] = SimpleQueue()

    def work() -> None:
        try:
            answers.put(ask())
        except Exception as error:  # noqa: BLE001 - raised in the calling thread
            answers.put(error)

    # A server that sends a byte now and then can occupy a socket forever, but not the caller.
    Thread(target=work, daemon=True).start()
    try:
        answer = answers.get(timeout=limits.patience)
    except Empty:
        raise FetchError(f"{url}: took longer than {limits.patience:g} seconds") from None
    if isinstance(answer, FetchError):
        raise answer
    if isinstance(answer, Exception):
        reason = answer.reason if isinstance(answer, URLError) else answer
        raise FetchError(f"{url}: cannot be fetched: {reason}") from None
    return answer


def _get(url: str, limits: Limits, known: Answer | None, method: str = "GET") -> Answer:
    redirects: list[int] = []
    while True:
        conditions = known.conditions if known and known.url == url else {}
        status, headers, body = _request(url, conditions, limits, method)
        if status not in MOVED or "location" not in headers:
            return Answer(url, tuple(redirects), status, headers, body)
        if len(redirects) == _REDIRECTS:
            raise FetchError(f"{url}: is redirected more than {_REDIRECTS} times")
        redirects.append(status)
        url = urljoin(url, headers["location"])


def _request(
    url: str, conditions: Mapping[str, str], limits: Limits, method: str
) -> tuple[int, dict[str, str], bytes]:
    fields = {
        "Accept": "application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5",
        # HEAD without compression, so that the length is that of the file.
        "Accept-Encoding": "identity" if method == "HEAD" else "gzip",
        **conditions,
    }
    with opened(url, fields, limits.public, method) as response:
        headers: dict[str, str] = {}
        for name, value in response.headers.items():
            known = headers.get(name.lower())
            headers[name.lower()] = f"{known}, {value}" if known else value
        coding = headers.get("content-encoding", "").strip().lower()
        return response.status, headers, _body(response, url, coding, limits.size)


def opened(url: str, fields: Mapping[str, str], public: bool, method: str = "GET") -> HTTPResponse:
    """Return the response to a request, unread; no redirect is followed.

    fields: of the header. public: see Limits. Raises FetchError, OSError, HTTPException.
    """
    _check(url)
    headers = {"User-Agent": f"feedsvc/{feedsvc.__version__}", **fields}
    request = Request(url, headers=headers, method=method)  # noqa: S310
    response: HTTPResponse = _opener(public).open(request, timeout=_SILENCE)
    return response


def _opener(public: bool) -> OpenerDirector:
    """Return an opener for http and https only, which follows no redirect."""
    opener = OpenerDirector()
    handlers = (_PublicHandler(),) if public else (ProxyHandler(), HTTPHandler(), HTTPSHandler())
    for handler in handlers:
        opener.add_handler(handler)
    return opener


class _PublicHandler(HTTPHandler):
    """Opens http and https URLs at public addresses."""

    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_PublicConnection, req)

    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_PublicTLSConnection, req)

    https_request = HTTPHandler.do_request_


class _PublicConnection(HTTPConnection):
    def connect(self) -> None:
        self.sock = _connect(self.host, self.port, self.timeout)


class _PublicTLSConnection(HTTPSConnection):
    def connect(self) -> None:
        plain = _connect(self.host, self.port, self.timeout)
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(plain, server_hostname=self.host)


def _connect(host: str, port: int, timeout: float | None) -> socket.socket:
    """Connect to the first address of a host that answers, if all of them are public."""
    found = [entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        if not is_public(str(address)):
            raise FetchError(f"{host}: is at {address}, which is not a public address")
    failure: OSError | None = None
    for address in found:
        try:
            return socket.create_connection((str(address), port), timeout)
        except OSError as error:
            failure = error
    raise failure or OSError("no address")


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        has_user = parts.username is not None or parts.password is not None
        _ = parts.port
    except ValueError:
        raise FetchError(f"{url}: is not a URL") from None
    if not syntax.is_url(url):
        raise FetchError(f"{url}: is not a URL of http or https")
    if has_user:
        raise FetchError(
            f"{parts.scheme}://{parts.hostname}: has a user name in its URL; remove it"
        )
    if not url.isascii() or not url.isprintable():
        raise FetchError(f"{url!a}: is not ASCII; percent-encode it")


def _body(response: BinaryIO, url: str, coding: str, limit: int) -> bytes:
    """Read and decode a body, no more than the limit before and after decoding."""
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise FetchError(f"{url}: was sent in {coding}, which was not requested")
    decoder = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    body = bytearray()
    received = 0
    while chunk := response.read(_CHUNK):
        received += len(chunk)
        body += decoder.decompress(chunk, limit + 1 - len(body)) if decoder else chunk
        if len(body) > limit or received > limit:
            raise _too_large(url, limit)
    return bytes(body)


def _too_large(name: str, limit: int) -> FetchError:
    return FetchError(f"{name}: has more than {limit / 1e6:g} MB, the limit")
