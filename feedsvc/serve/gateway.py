"""Runs a WSGI application behind RSGI, Granian's own interface.

RSGI can send a range of a file: Granian reads and sends it on its own threads, as fast as the
client receives it, so that no Python thread waits for a client.
"""

import io
import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from wsgiref.types import WSGIApplication

from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope

from feedsvc.http.caching import Headers
from feedsvc.http.conditional import FILE_KEY
from feedsvc.routes import POSTED, build
from feedsvc.serve.bodies import Bodies

_POSTED = tuple(map(build, POSTED))  # endings of paths
_MAX_CACHED_LENGTH = 64
_RANGE = re.compile(r"bytes (\d+)-(\d+)/\d+")


class Gateway:
    """An RSGI callback that calls a WSGI application.

    Reads the bodies of POST requests to a view that takes them, and no others. loop: the event loop
    for Granian.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._bodies = Bodies(self._answer)
        self.loop = self._bodies.loop

    def __call__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answer one request, or let another thread answer it later if it has a body."""
        if scope.method == "POST" and scope.path.endswith(_POSTED):
            self._bodies.take(scope, protocol)
        else:
            self._answer(scope, protocol)

    def _answer(self, scope: Scope, protocol: HTTPProtocol, request_body: bytes = b"") -> None:
        """Answer one request. The `write` function of PEP 3333 is not supported."""
        environ = _environ(scope)
        if request_body:
            environ["wsgi.input"] = io.BytesIO(request_body)
        status = 500
        headers: Headers = []

        def start_response(line: str, fields: Headers, _: Any = None) -> Any:
            nonlocal status, headers
            status, headers = int(line[:3]), fields

        body = self._app(environ, start_response)
        if isinstance(body, list):
            protocol.response_bytes(status, headers, b"".join(body))
            return
        try:
            _send(protocol, status, headers, body, environ)
        finally:
            if hasattr(body, "close"):
                body.close()


def _send(
    protocol: HTTPProtocol,
    status: int,
    headers: Headers,
    body: Iterable[bytes],
    environ: dict[str, Any],
) -> None:
    """Let Granian send a file; collect any other body first, so that no client holds it up."""
    file = environ.get(FILE_KEY)
    if file and environ["REQUEST_METHOD"] == "GET" and _is_utf8(file):
        start, end = _file_range(status, dict(headers))
        if start < end:
            protocol.response_file_range(status, headers, file, start, end)
            return
    protocol.response_bytes(status, headers, b"".join(body))


def _file_range(status: int, fields: dict[str, str]) -> tuple[int, int]:
    """Return the bytes of the file to send, as a half-open range.

    A whole file has an end too: it may have grown since Content-Length was computed.
    """
    if status == 206 and (match := _RANGE.fullmatch(fields.get("Content-Range", ""))):
        return int(match[1]), int(match[2]) + 1
    return 0, int(fields.get("Content-Length", 0)) if status == 200 else 0


def _is_utf8(path: str) -> bool:
    """Return whether Granian can open a file: it rejects names that are not UTF-8 (PEP 383)."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _environ(scope: Scope) -> dict[str, Any]:
    """Return the WSGI environment of a request (PEP 3333), with an empty body."""
    path = scope.path
    environ = _connection(scope.server, scope.client, scope.http_version, scope.scheme).copy()
    environ["REQUEST_METHOD"] = scope.method
    environ["PATH_INFO"] = path if path.isascii() else path.encode().decode("latin-1")
    environ["QUERY_STRING"] = scope.query_string
    fields = scope.headers
    expected = len(environ) + len(fields)  # type: ignore[arg-type]
    for name, value in fields.items():
        key = _key(name)
        if key in environ:
            environ[key] += ("; " if key == "HTTP_COOKIE" else ",") + value
        else:
            environ[key] = value
    if len(environ) < expected:  # `items` omits values that are not ASCII
        for name in fields.keys():  # noqa: SIM118 - not a mapping
            environ.setdefault(_key(name), "")
    if "HTTP_HOST" not in environ:  # in HTTP/2 it is :authority
        environ["HTTP_HOST"] = scope.authority or ""
    return environ


@lru_cache(4096)
def _connection(server: str, client: str, version: str, scheme: str) -> dict[str, Any]:
    """Return the part of the environment that all requests of a connection share.

    server, client: addresses with ports, like `127.0.0.1:80` or `[::1]:80`.
    """
    name, _, port = server.rpartition(":")
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": _ip(name),
        "SERVER_PORT": port,
        "REMOTE_ADDR": _ip(client.rpartition(":")[0]),
        "SERVER_PROTOCOL": f"HTTP/{version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.input": io.BytesIO(),
        "wsgi.input_terminated": True,  # for Werkzeug: the body has an end
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


def _key(name: str) -> str:
    """Return the environment key of a header field. Long names are not cached."""
    return (_cached_key if len(name) <= _MAX_CACHED_LENGTH else _new_key)(name)


def _new_key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


_cached_key = lru_cache(1024)(_new_key)


def _ip(host: str) -> str:
    """Return an address without its brackets and IPv6 zone."""
    return host.strip("[]").partition("%")[0]
