"""`feedsvc serve --preview`: show unpublished articles to the site's editors, on their own machine.

It uses a temporary catalog. The site's own catalog is not opened.
"""

import signal
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn
from wsgiref.types import WSGIApplication

import click
from msgspec import structs

from feedsvc.catalog.store import Catalog
from feedsvc.cli.problems import show_problems
from feedsvc.cli.site import load_settings
from feedsvc.cli.sync import progress_bar, summary
from feedsvc.config.settings import Settings
from feedsvc.errors import FeedsvcError
from feedsvc.http.hosts import is_loopback
from feedsvc.serve.listen import check_free, make_server, netloc
from feedsvc.serve.signals import handle_terminal_signals
from feedsvc.serve.writer import Writer
from feedsvc.web.preview import Preview, create_preview

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def preview(site: Path, bind: tuple[str, int], verbose: bool) -> None:
    """Serve a preview until a signal ends it. Raises FeedsvcError."""
    host, port = bind
    if not is_loopback(host):
        raise FeedsvcError(
            f"--preview shows drafts and so listens on this machine alone, not at {host}; "
            f"write --bind 127.0.0.1:{port}"
        )
    loaded = load_settings(site)
    check_free(host, port)
    outlives_terminal = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as with nohup
    for each in _ENDS:
        if not (each is signal.SIGHUP and outlives_terminal):
            signal.signal(each, _end)
    with (
        TemporaryDirectory(prefix="feedsvc-preview-") as folder,
        Catalog(f"sqlite:///{folder}/catalog.db") as catalog,
    ):
        database = f"sqlite:///{folder}/catalog.db"
        own = structs.replace(loaded, preview=True, media_url="", database=database)
        writer = Writer(own, catalog, announce=click.echo)
        with progress_bar() as progress:
            report = writer.sync(progress)
        if report:  # always, as no other process uses this catalog
            show_problems(report.problems, verbose)
            click.echo(summary(report))
        catalog.close()
        server = make_server(bind, 1, None, None)
        server.on_startup(partial(_follow_terminal, not outlives_terminal))
        server.on_startup(writer.start)
        server.on_shutdown(writer.stop)
        handle_terminal_signals(server)
        click.echo(f"Previewing {own.title} at http://{netloc(host, port)}/ (Ctrl-C ends it)")
        server.serve(target_loader=partial(load_app, own), wrap_loader=False)


def load_app(own: Settings) -> WSGIApplication:
    """Create the app of the worker process."""
    return create_preview(Preview(own, Catalog(own.database)))


def _end(*_: object) -> NoReturn:
    """Exit through the `with` blocks, so that no drafts are left in a temporary folder."""
    for each in _ENDS:  # a second signal would interrupt the cleanup
        signal.signal(each, signal.SIG_IGN)
    sys.exit(0)


def _follow_terminal(follows: bool) -> None:
    """Replace the server's SIGHUP handler, which reloads the workers."""
    signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM) if follows else signal.SIG_IGN)
