"""`feedsvc serve`: publish the site over HTTP, and every saved article within a second."""

import multiprocessing
import re
import socket
from functools import partial
from pathlib import Path

import click
from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from feedsvc.catalog.store import Catalog
from feedsvc.cli.site import open_site, site_option
from feedsvc.cli.sync import progress_bar, show_problems, summary
from feedsvc.errors import FeedsvcError
from feedsvc.publication import Publication
from feedsvc.settings import Settings
from feedsvc.web import create_app
from feedsvc.writer import Writer

_THREADS = 2  # of Python, in each worker; a request seldom waits for anything
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
def serve(site: Path, bind: tuple[str, int], workers: int) -> None:
    """Serve the site's feeds and pages, and publish each article as it is saved.

    Listens on this machine alone unless --bind says otherwise. Ends on Ctrl-C or SIGTERM.
    """
    settings, catalog = open_site(site)
    _check_free(*bind)
    writer = Writer(settings, catalog)
    with progress_bar() as progress:
        report = writer.sync(progress)
    click.echo(summary(report))
    show_problems(report.problems)
    catalog.close()
    # A forked worker would take the writer's connections and locks along.
    multiprocessing.set_start_method("spawn", force=True)
    server = Server(
        target="feedsvc",
        address=bind[0],
        port=bind[1],
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=_THREADS,
        backpressure=_WAITING,
        websockets=False,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
    )
    server.on_startup(writer.start)
    server.on_shutdown(writer.stop)
    click.echo(f"Serving {settings.title} at http://{_shown(*bind)}/ (Ctrl-C ends it)")
    server.serve(target_loader=partial(load_app, settings), wrap_loader=False)


def load_app(settings: Settings) -> Flask:
    """Make the app of one worker process."""
    return create_app(Publication(settings, Catalog(settings.database)))


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
