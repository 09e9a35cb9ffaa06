"""`feedsvc serve --preview`: show the site's editors what is not public yet, on their own machine.

It has a catalog of its own, which is gone when it ends. That of the site is not even opened.
"""

import os
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from wsgiref.types import WSGIApplication

import click

from feedsvc import settings
from feedsvc.catalog.store import Catalog
from feedsvc.cli.listen import check_free, make_server, shown
from feedsvc.cli.sync import progress_bar, show_problems, summary
from feedsvc.errors import FeedsvcError
from feedsvc.settings import Settings
from feedsvc.web.preview import Preview, create_preview, is_loopback
from feedsvc.writer import Writer


def preview(site: Path, bind: tuple[str, int]) -> None:
    """Serve a preview until it is ended. Raises FeedsvcError."""
    host, port = bind
    if not is_loopback(host):
        raise FeedsvcError(
            f"--preview shows drafts and so listens on this machine alone, not at {host}; "
            f"write --bind 127.0.0.1:{port}"
        )
    loaded = settings.load(site, os.environ)
    check_free(host, port)
    # Unwinds what is being done, so that no drafts are left in a temporary folder.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with TemporaryDirectory(prefix="feedsvc-preview-") as folder:
        database = f"sqlite:///{folder}/catalog.db"
        own = replace(loaded, preview=True, database=database)
        catalog = Catalog(database)
        catalog.create()
        writer = Writer(own, catalog)
        with progress_bar() as progress:
            report = writer.sync(progress)
        if report:  # nobody else can have been elected
            click.echo(summary(report))
            show_problems(report.problems)
        catalog.close()
        server = make_server(bind, 1, None, None)
        server.on_startup(writer.start)
        server.on_shutdown(writer.stop)
        click.echo(f"Previewing {own.title} at http://{shown(host, port)}/ (Ctrl-C ends it)")
        server.serve(target_loader=partial(load_app, own), wrap_loader=False)
        catalog.close()


def load_app(own: Settings) -> WSGIApplication:
    """Make the app of the worker process."""
    return create_preview(Preview(own, Catalog(own.database)))
