"""`feedsvc serve`: publish the site over HTTP, and every saved article within a second."""

import multiprocessing
import os
import re
import socket
import ssl
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from granian.constants import Interfaces, RuntimeModes, SSLProtocols
from granian.log import LogLevels
from granian.server import Server
from granian.server.common import AbstractServer

from feedsvc.catalog.store import Catalog
from feedsvc.cli.site import load_site, site_option
from feedsvc.cli.sync import progress_bar, show_problems, summary
from feedsvc.errors import CatalogError, FeedsvcError
from feedsvc.publication import Publication
from feedsvc.settings import Settings
from feedsvc.web import create_server, metrics
from feedsvc.web.edge import Edge
from feedsvc.web.limits import limits
from feedsvc.writer import Writer

_DRAIN = 30  # seconds for the requests in hand, when a worker is to end
_SWITCH = 0.0005  # seconds for which a poll may wait while another thread renders
_WAITING = 512  # requests that may wait for one of them before new connections have to


def parse_bind(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT or [HOST]:PORT."""
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([^:\s]+)):(\d{1,5})", value)
    if not match or not 0 < int(match[3]) < 65536:
        raise click.BadParameter(f"{value!r} is not HOST:PORT, like 127.0.0.1:8000")
    return match[1] or match[2], int(match[3])


@click.command()
@site_option
@click.option(
    "--bind",
    metavar="HOST:PORT",
    callback=parse_bind,
    default="127.0.0.1:8000",
    show_default=True,
    help="Where to listen.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Serving processes; one for each core serves the most.",
)
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Serve HTTPS, and HTTP/2, with this certificate (PEM).",
)
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The certificate's private key (PEM).",
)
def serve(
    site: Path,
    bind: tuple[str, int],
    workers: int,
    certificate: Path | None,
    key: Path | None,
) -> None:
    """Serve the site's feeds and pages, and publish each article as it is saved.

    Listens on this machine alone unless --bind says otherwise. Ctrl-C or SIGTERM ends it when the
    requests in hand are answered; SIGHUP replaces the serving processes one by one.
    """
    settings, catalog = load_site(site)
    _check_free(*bind)
    _check_certificate(certificate, key)
    limits(settings.serve)  # what is wrong with them is told now, and once
    writer = Writer(settings, catalog)
    _sync(writer, Publication(settings, catalog))
    catalog.close()
    server = _server(bind, workers, certificate, key)
    server.on_startup(writer.start)
    server.on_shutdown(writer.stop)
    scheme = "https" if certificate else "http"
    click.echo(f"Serving {settings.title} at {scheme}://{_shown(*bind)}/ (Ctrl-C ends it)")
    with TemporaryDirectory(prefix="feedsvc-") as counters:
        os.environ[metrics.FOLDER] = counters
        server.serve(target_loader=partial(load_app, settings), wrap_loader=False)


def _sync(writer: Writer, publication: Publication) -> None:
    """Sync before serving. What is published already is served even where the files are not right.

    Raises FeedsvcError.
    """
    try:
        with progress_bar() as progress:
            report = writer.sync(progress)
    except CatalogError:
        raise
    except FeedsvcError as error:
        if not publication.newest()[0]:
            raise
        click.echo(f"Error: {error}\nServing what is published.", err=True)
        return
    if report:
        click.echo(summary(report))
        show_problems(report.problems)
    else:
        click.echo("Another process writes this catalog; this one takes over when that one ends.")


def load_app(settings: Settings) -> Edge:
    """Make the app of one worker process."""
    sys.setswitchinterval(_SWITCH)
    return create_server(Publication(settings, Catalog(settings.database)))


def _server(
    bind: tuple[str, int], workers: int, certificate: Path | None, key: Path | None
) -> AbstractServer[Any]:
    # A forked worker would take the writer's connections and locks along.
    multiprocessing.set_start_method("spawn", force=True)
    return Server(
        target="feedsvc",
        address=bind[0],
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


def _check_certificate(certificate: Path | None, key: Path | None) -> None:
    """Raise where HTTPS was asked for and could not be served."""
    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key belong together; name both")
    if certificate:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
        except OSError as error:  # which ssl.SSLError is
            raise FeedsvcError(
                f"{certificate} and {key} cannot be used: {error.strerror or error}; "
                "name a certificate and its own key, both as PEM and the key without a password"
            ) from None


def _check_free(host: str, port: int) -> None:
    """Raise FeedsvcError where nobody could listen, before any work is done."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise FeedsvcError(
            f"cannot listen at {_shown(host, port)}: {reason}; choose another with --bind"
        ) from None


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
