"""Where a server listens, and with what; serves nothing yet."""

import multiprocessing
import re
import socket
from pathlib import Path
from typing import Any

import click
from granian.constants import Interfaces, RuntimeModes, SSLProtocols
from granian.log import LogLevels
from granian.server import Server
from granian.server.common import AbstractServer

from feedsvc.errors import FeedsvcError

_DRAIN = 30  # seconds for the requests in hand, when a worker is to end
_WAITING = 512  # requests that may wait for one of them before new connections have to


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
    return Server(
        target="feedsvc",
        address=_resolve(*bind)[1],  # it takes no names
        port=bind[1],
        interface=Interfaces.WSGI,
        workers=workers,
        # Python runs one thread at a time anyway, and a poll waits for nothing: one more would
        # cost a third of the polls.
        blocking_threads=1,
        runtime_mode=RuntimeModes.st,
        backpressure=_WAITING,
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
