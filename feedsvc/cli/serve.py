"""`feedsvc serve`: serve the site over HTTP, and publish saved articles within a second."""

import os
import ssl
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from feedsvc.catalog.published import mark_published
from feedsvc.catalog.store import Catalog
from feedsvc.cli.follow import follow
from feedsvc.cli.preview import preview as serve_preview
from feedsvc.cli.problems import show_problems, verbose_option
from feedsvc.cli.site import load_site, site_option
from feedsvc.cli.sync import progress_bar, summary
from feedsvc.config import head
from feedsvc.config.settings import Settings
from feedsvc.errors import CatalogError, FeedsvcError
from feedsvc.http.hosts import is_loopback
from feedsvc.publication import Publication
from feedsvc.serve import metrics
from feedsvc.serve.edge import Edge
from feedsvc.serve.limits import create_limits
from feedsvc.serve.listen import check_free, make_server, netloc, parse_bind
from feedsvc.serve.server import create_server
from feedsvc.serve.services import services
from feedsvc.serve.signals import handle_terminal_signals
from feedsvc.serve.writer import Writer

_PATIENCE = 4.0  # seconds; a poll that has to wait for the database delays others
_SWITCH_INTERVAL = 0.0005  # seconds for which a poll may wait while another thread renders


@click.command()
@site_option
@click.option(
    "--bind",
    metavar="HOST:PORT",
    callback=parse_bind,
    default="127.0.0.1:8000",
    envvar="FEEDSVC_BIND",
    show_default=True,
    help="Where to listen; also FEEDSVC_BIND.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    envvar="FEEDSVC_WORKERS",
    show_default=True,
    help="Worker processes; one per core gives the highest throughput. Also FEEDSVC_WORKERS.",
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
@click.option(
    "--no-writer",
    is_flag=True,
    envvar="FEEDSVC_NO_WRITER",
    help="Serve what another machine writes; needs no content folder. Also FEEDSVC_NO_WRITER=1.",
)
@click.option(
    "--preview", is_flag=True, help="Show drafts and scheduled articles too, on this machine alone."
)
@verbose_option
def serve(
    site: Path,
    bind: tuple[str, int],
    workers: int,
    certificate: Path | None,
    key: Path | None,
    no_writer: bool,
    preview: bool,
    verbose: bool,
) -> None:
    """Serve the site's feeds and pages, and publish each article as it is saved.

    Listens on the loopback interface unless --bind is given. Ctrl-C or SIGTERM stops it after the
    requests in progress; SIGHUP replaces the worker processes one by one.

    --no-writer leaves the articles to other machines that use the same database, and waits until
    one of them has published something.

    --preview marks unpublished articles, and uses a temporary catalog: it can run at the same time
    as the server.
    """
    if preview:
        if workers > 1 or certificate or key or no_writer:
            raise click.UsageError(
                "--preview allows only --site, --bind and --verbose; leave out the other options"
            )
        serve_preview(site, bind, verbose)
        return
    with load_site(site) as (settings, catalog):
        check_free(*bind)
        _check_certificate(certificate, key)
        create_limits(settings.serve)  # reports errors once, before the workers start
        writer = None
        if no_writer:
            settings = follow(settings, catalog)
        else:
            writer = Writer(settings, catalog, announce=_announce)
            _sync(writer, Publication(settings, catalog), verbose)
        if not is_loopback(bind[0]):
            mark_published(catalog, datetime.now(UTC))
        catalog.close()
        server = make_server(bind, workers, certificate, key)
        if writer:
            server.on_startup(writer.start)
            server.on_shutdown(writer.stop)
        for service in services(settings):
            server.on_startup(service.start)
            server.on_shutdown(service.stop)
        handle_terminal_signals(server)
        scheme = "https" if certificate else "http"
        click.echo(f"Serving {settings.title} at {scheme}://{netloc(*bind)}/ (Ctrl-C ends it)")
        with TemporaryDirectory(prefix="feedsvc-") as counters:
            os.environ[metrics.FOLDER] = counters
            server.serve(target_loader=partial(load_app, settings), wrap_loader=False)


def _announce(line: str) -> None:
    """Print a line; discard output once the terminal is closed, as flushing it at exit fails."""
    try:
        click.echo(line)
    except OSError:
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _sync(writer: Writer, publication: Publication, verbose: bool) -> None:
    """Sync before serving. If it fails, published articles are served, if there are any.

    Raises FeedsvcError.
    """
    try:
        with progress_bar() as progress:
            report = writer.sync(progress)
    except CatalogError:
        raise
    except FeedsvcError as error:
        if not _has_revision(publication):
            raise
        click.echo(f"Error: {error}\nServing what is published.", err=True)
        return
    if report:
        show_problems(report.problems, verbose)
        click.echo(summary(report))
    else:
        click.echo("Another process writes this catalog; this one takes over when that one ends.")


def _has_revision(publication: Publication) -> bool:
    with suppress(CatalogError):
        return bool(publication.newest()[0])
    return False


def load_app(settings: Settings) -> Edge:
    """Create the app of a worker process."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    hubs = head.hubs(settings, own=settings.serves_hub)
    catalog = Catalog(settings.database, patience=_PATIENCE)
    try:
        return create_server(Publication(settings, catalog, hubs=hubs))
    except FeedsvcError as error:  # such as a failure of an installed package
        raise SystemExit(f"Error: {error}") from None


def _check_certificate(certificate: Path | None, key: Path | None) -> None:
    """Raise an error if the options for HTTPS cannot be used."""
    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key belong together; name both")
    if certificate:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
        except OSError as error:  # the base class of ssl.SSLError
            raise FeedsvcError(
                f"{certificate} and {key} cannot be used: {error.strerror or error}; "
                "name a certificate and its own key, both as PEM and the key without a password"
            ) from None
