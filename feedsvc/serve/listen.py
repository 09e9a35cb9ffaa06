"""Configures Granian: address, workers, timeouts, TLS."""

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
from granian.server.mp import MPServer, WorkerProcess

from feedsvc.errors import FeedsvcError
from feedsvc.serve import worker

_DRAIN_TIMEOUT = 30  # seconds for requests in progress when a worker stops
_HEADER_TIMEOUT = 30  # seconds to receive request headers; also the keep-alive timeout
_BUFFER = 65_536  # maximum bytes of request headers, and of a response waiting to be sent


class _Server(MPServer):
    """Granian's server with our worker."""

    _spawn_rsgi_worker = staticmethod(worker.run)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._latest: dict[int, worker.ServingProcess] = {}  # by index

    def _spawn_worker(self, idx: int, *args: Any, **kwargs: Any) -> WorkerProcess:
        process: Any = super()._spawn_worker(idx, *args, **kwargs)
        process.__class__ = worker.ServingProcess  # Granian has no option for it
        if idx in self._latest:
            self._latest[idx].successor = process
        self._latest[idx] = process
        return process  # type: ignore[no-any-return]


def parse_bind(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, int]:
    """Parse HOST:PORT or [HOST]:PORT (a Click callback)."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):([0-9]{1,5})", value)
    if not match or not 0 < int(match[3]) < 65536:
        raise click.BadParameter(f"{value!r} is not HOST:PORT, like 127.0.0.1:8000")
    host, port = match[1] or match[2], int(match[3])
    try:
        host.encode("idna")  # as name resolution does
    except UnicodeError:
        raise click.BadParameter(
            f"{host!r} is not a host name; write HOST:PORT, like 127.0.0.1:8000"
        ) from None
    return host, port


def make_server(
    bind: tuple[str, int], workers: int, certificate: Path | None, key: Path | None
) -> AbstractServer[Any]:
    """Return a server; its `serve` method takes the application."""
    # A forked worker would inherit the writer's connections and locks.
    multiprocessing.set_start_method("spawn", force=True)
    return _Server(
        target="feedsvc",
        address=_resolve(*bind)[1],  # Granian takes no host names
        port=bind[1],
        interface=Interfaces.RSGI,
        workers=workers,
        # A poll never blocks, and Python runs one thread at a time: a second thread would cost a
        # third of the throughput.
        blocking_threads=1,
        runtime_mode=RuntimeModes.st,
        backpressure=worker.CONNECTIONS,
        # With version detection, Granian never times out a client that sends nothing. Without TLS,
        # HTTP/1 is the only version.
        http=HTTPModes.auto if certificate else HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=_HEADER_TIMEOUT * 1000, max_buffer_size=_BUFFER
        ),
        http2_settings=HTTP2Settings(
            keep_alive_interval=_HEADER_TIMEOUT * 1000,
            keep_alive_timeout=_HEADER_TIMEOUT,
            max_concurrent_streams=100,
            max_send_buffer_size=_BUFFER,
        ),
        websockets=False,
        respawn_failed_workers=True,
        respawn_interval=0,  # the worker waits for its successor
        workers_kill_timeout=_DRAIN_TIMEOUT,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.warning,
    )


def check_free(host: str, port: int) -> None:
    """Raise FeedsvcError if the address cannot be bound, before any work is done."""
    try:
        family, _ = _resolve(host, port)
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise FeedsvcError(
            f"cannot listen on {netloc(host, port)}: {reason}; choose another with --bind"
        ) from None


def netloc(host: str, port: int) -> str:
    """Return an address as it appears in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _resolve(host: str, port: int) -> tuple[int, str]:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return family, str(address[0])
