"""The HTTP client of push, for requests to URLs that strangers choose.

It connects only to addresses that are public or in a network of the settings. The address is
checked when its socket is created, so that neither DNS nor its spelling matters. No redirects, no
proxies, no cookies, no credentials; limits of time and size.
"""

import os
import socket
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver

import feedsvc
from feedsvc import dates, outgoing
from feedsvc.errors import FeedsvcError
from feedsvc.outgoing import is_public

CONNECT = 5  # seconds, for each address
TIMEOUT = 30  # seconds for a whole request
MAX_ANSWER = 4096  # bytes of a response that are read
_MAX_URL = 8192  # bytes: a callback with the parameters of its verification
_KEEP_ALIVE = 5  # seconds
_CROWD = 500  # open connections above which no more are kept alive


class ClientError(FeedsvcError):
    """A request cannot be sent, or gets no answer; the message is the reason without the URL."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. headers: their names are case-insensitive. body: its first 4 KB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def retry_after(self, most: int) -> int:
        """Return the seconds in Retry-After, limited to `most`; 0 if the field is missing."""
        value = self.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return min(most, int(value[:9]))
        now = datetime.now(UTC)
        instant = dates.http_date(value, now)
        return max(0, min(most, int((instant - now).total_seconds()))) if instant else 0


def check_url(url: str) -> None:
    """Raise ClientError if no request may be sent to a URL, whatever the address of its host."""
    try:
        outgoing.host(url, _MAX_URL)
    except outgoing.UrlError as error:
        raise ClientError(f"the URL {error}") from None


class Client(AbstractAsyncContextManager["Client"]):
    """Sends requests; an asynchronous context manager.

    networks: allowed addresses that are not public. timeout: seconds for a whole request.
    resolver: for tests; by default aiodns if it is installed, else threads. All methods raise
    ClientError.
    """

    def __init__(
        self,
        networks: Iterable[str] = (),
        timeout: float = TIMEOUT,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._networks = tuple(networks)
        self._timeout = timeout
        self._resolver = resolver
        self._sockets = WeakSet[socket.socket]()

    async def __aenter__(self) -> "Client":
        connector = aiohttp.TCPConnector(
            limit=0,  # the callers limit requests
            keepalive_timeout=_KEEP_ALIVE,
            resolver=self._resolver,
            socket_factory=self._socket,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=CONNECT),
            headers={"User-Agent": f"feedsvc/{feedsvc.__version__}", "Accept-Encoding": "identity"},
            auto_decompress=False,
            read_bufsize=MAX_ANSWER,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def get(self, url: str) -> Response:
        """GET a URL, sent byte for byte as it is given."""
        return await self.request("GET", url, None, {})

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """POST a body."""
        return await self.request("POST", url, body, headers)

    async def request(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        """Send a request."""
        check_url(url)
        if len(self._sockets) > _CROWD:  # idle connections would use up the file descriptors
            headers = {**headers, "Connection": "close"}
        try:
            async with self._session.request(
                method,
                yarl.URL(url, encoded=True),
                data=body,
                headers=headers,
                allow_redirects=False,
            ) as response:
                return Response(response.status, response.headers, await _start_of_body(response))
        except TimeoutError:
            raise ClientError(f"there was no answer within {self._timeout:g} seconds") from None
        except aiohttp.ClientConnectorCertificateError as error:
            reason = getattr(error.certificate_error, "verify_message", "")
            raise ClientError(f"its certificate is not valid: {reason}") from None
        except aiohttp.ClientSSLError:
            raise ClientError("cannot connect: TLS failed") from None
        except aiohttp.ClientConnectorError as error:
            cause = error.os_error
            number = cause.errno or 0  # negative for errors of name resolution
            reason = os.strerror(number) if number > 0 else cause.strerror or str(cause)
            raise ClientError(f"cannot connect: {reason}") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ClientError(f"the request failed: {type(error).__name__}") from None

    def _socket(self, address: Any) -> socket.socket:
        """Create the socket for an address. Raises OSError if the address is not allowed."""
        family, kind, protocol, _, (ip, *_) = address
        if not is_public(ip, self._networks):
            raise OSError(None, f"{ip} is not a public address")
        created = socket.socket(family, kind, protocol)
        self._sockets.add(created)
        return created


async def _start_of_body(response: aiohttp.ClientResponse) -> bytes:
    """Return at most MAX_ANSWER bytes of a body; if there are more, the connection is closed."""
    body = b""
    while not response.content.at_eof():
        body += await response.content.read(MAX_ANSWER - len(body))
        if len(body) >= MAX_ANSWER:
            response.close()
            break
    return body
