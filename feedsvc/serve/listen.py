"""Where a server listens, and with what; serves nothing yet."""

import multiprocessing
import re
import socket
from pathlib import Path
from typing import Any

import click
from granian.constants import HTTPModes, Interfaces, RuntimeModes, SSLProtocols
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from granian.server.common import AbstractServer
from granian.server.mp import MPServer

from feedsvc.errors import FeedsvcError
from feedsvc.serve import worker

_DRAIN = 30  # seconds for the requests in hand, when a worker is to end
_HEAD = 30  # seconds for the header fields of a request, and until the next one begins
_BUFFER = 65_536  # bytes at most of a request's header fields, and of a response that waits


class _Server(MPServer):
    """Granian's server, with our own worker."""

    _spawn_rsgi_worker = staticmethod(worker.run)


def parse_bind(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT or [HOST]:PORT."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):([0-9]{1,5})", value)
    if not match or not 0 < int(match[3]) < 65536:
        raise click.BadParameter(f"{value!r} is not HOST:PORT, like 127.0.0.1:8000")
    host, port = match[1] or match[2], int(match[3])
    try:
        host.encode("idna")  # as whoever looks it up does
    except UnicodeError:
        raise click.BadParameter(
            f"{host!r} is no host name; write HOST:PORT, like 127.0.0.1:8000"
        ) from None
    return host, port


def make_server(
    bind: tuple[str, int], workers: int, certificate: Path | None, key: Path | None
) -> AbstractServer[Any]:
    """Return a server whose workers are still to be told what to run."""
    # A forked worker would take the writer's connections and locks along.
    multiprocessing.set_start_method("spawn", force=True)
    return _Server(
        target="feedsvc",
        address=_resolve(*bind)[1],  # it takes no names
        port=bind[1],
        interface=Interfaces.RSGI,
        workers=workers,
        # Python runs one thread at a time anyway, and a poll waits for nothing: one more would
        # cost a third of the polls.
        blocking_threads=1,
        runtime_mode=RuntimeModes.st,
        backpressure=worker.CONNECTIONS,
        # Where Granian detects the version, a client that sends nothing is never cut off. Without
        # TLS there is only one version.
        http=HTTPModes.auto if certificate else HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD * 1000, max_buffer_size=_BUFFER),
        http2_settings=HTTP2Settings(
            keep_alive_interval=_HEAD * 1000,
            keep_alive_timeout=_HEAD,
            max_concurrent_streams=100,
            max_send_buffer_size=_BUFFER,
        ),
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_DRAIN,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.warning,
    )


def check_free(host: str, port: int) -> None:
    """Raise FeedsvcError where nobody could listen, before any work is done."""
    try:
        family, _ = _resolve(host, port)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise FeedsvcError(
            f"cannot listen at {shown(host, port)}: {reason}; choose another with --bind"
        ) from None


def shown(host: str, port: int) -> str:
    """Return an address as a URL has it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> tuple[int, str]:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, str(address[0])
