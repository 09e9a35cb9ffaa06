"""Updates the stored articles from their files, and by the clock, in one transaction."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from feedsvc import dates
from feedsvc.catalog import articles, last_settings
from feedsvc.catalog.files import FileRows
from feedsvc.catalog.identity import KNOWN, RESET, TRIAL, Claim, Rules, decide
from feedsvc.catalog.publish import Published, Publisher
from feedsvc.catalog.published import is_published
from feedsvc.catalog.reading import ReadResult, read_all
from feedsvc.catalog.rows import Texts, dump
from feedsvc.catalog.spool import Spool
from feedsvc.catalog.state import ArticleState
from feedsvc.catalog.store import Catalog, Transaction
from feedsvc.catalog.tables import set_metadata
from feedsvc.catalog.takeover import without_copies
from feedsvc.config.settings import Settings
from feedsvc.errors import Problem, WithdrawalError
from feedsvc.sources.site import SiteListing, Sources

Progress = Callable[[int, int], None]
_Batch = tuple[list[ArticleState], Iterable[Texts]]  # articles that may have changed, and texts
_BATCH = 2_000  # articles per batch of a first sync


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The result of a sync. files, read: how many articles were listed, and how many were read.

    loss: how much it withdraws, if that looks like an accident. settings: the settings that change
    URLs and differ from the last sync, each as (name, previous value, current value).
    """

    files: int
    read: int
    published: Published
    problems: tuple[Problem, ...]
    loss: str | None = None
    settings: tuple[tuple[str, Any, Any], ...] = ()


def sync(
    catalog: Catalog,
    settings: Settings,
    now: datetime,
    progress: Progress | None = None,
    force: bool = False,
    sources: Sources | None = None,
    reset_ids: bool = False,
    paths: Collection[str] | None = None,
) -> SyncReport:
    """Read the articles that changed in the sources of a site, and publish the result.

    An article that cannot be published, or whose source cannot be read, stays as it was; each such
    failure is a Problem in the report. progress: called with the number of articles read so far and
    the total to read. force: publish even if the withdrawals look like an accident. sources: by
    default those of the settings. reset_ids: read all articles, and derive every id that is not
    pinned from the settings again. paths: where something changed since the last sync with these
    sources, so that not all articles need to be listed; see `Sources.changes`. Omit them after a
    sync that failed. Raises WithdrawalError, CatalogError or FeedsvcError, and changes nothing
    then.
    """
    sources = sources or Sources.of(settings)
    with catalog.writing() as connection:
        report = _sync(connection, settings, sources, now, progress, reset_ids, paths)
        if report.loss and not force:
            raise WithdrawalError(
                f"{report.loss}, which is more than a third, so nothing was changed: is "
                f"{settings.content} the right folder, and is it complete? If you mean to "
                "withdraw them, run `feedsvc sync --force`"
            )
    return report


def rehearse(
    catalog: Catalog,
    settings: Settings,
    now: datetime,
    progress: Progress | None = None,
    reset_ids: bool = False,
) -> SyncReport:
    """Return what a sync would do, without doing it. Raises CatalogError, FeedsvcError."""
    with rehearsing(catalog, settings, now, progress, reset_ids) as (report, _):
        return report


@contextmanager
def rehearsing(
    catalog: Catalog,
    settings: Settings,
    now: datetime,
    progress: Progress | None = None,
    reset_ids: bool = False,
) -> Iterator[tuple[SyncReport, Transaction]]:
    """Sync in a transaction that can be read until it is rolled back at the end.

    Raises CatalogError, FeedsvcError.
    """
    sources = Sources.of(settings)
    with catalog.writing() as connection:
        yield _sync(connection, settings, sources, now, progress, reset_ids), connection
        connection.rollback()


def release(catalog: Catalog, settings: Settings, now: datetime) -> Published:
    """Publish articles that are due, and withdraw those that have expired. Reads no files."""
    with catalog.writing() as connection:
        published, _ = _publish(connection, settings, now, [([], ())], settings_changed=False)
        return published


def _sync(
    connection: Connection,
    settings: Settings,
    sources: Sources,
    now: datetime,
    progress: Progress | None,
    reset_ids: bool,
    paths: Collection[str] | None = None,
) -> SyncReport:
    with Spool() as spool:
        previous, current = last_settings.replace(connection, settings)
        settings_changed = last_settings.differ(previous, current)
        # Listed within the transaction: an earlier listing could be older than another sync's.
        if paths is None or settings_changed or reset_ids:
            listing = sources.listing()
        else:
            listing = sources.changes(paths)
        files = FileRows(connection, listing, sources.state)
        is_trial = not is_published(connection)
        rules = TRIAL if is_trial else RESET if reset_ids else KNOWN
        if reset_ids or (is_trial and settings_changed):  # ids may depend on any setting
            keys = list(listing.fingerprints)
        else:
            keys = without_copies(connection, files, sources, files.changed())
        batches: Iterable[_Batch] = [([], ())]
        if keys or files.vanished:
            results = read_all(sources, keys, settings.id_authority)
            _collect(results, files, spool, len(keys), progress)
            if files.count < len(keys):  # a source failed, and may never list the rest again
                sources.forget()
            batches = _batches(connection, spool, files, listing, sources, rules)
        published, loss = _publish(connection, settings, now, batches, settings_changed)
        files.write()
        problems = files.problems
        set_metadata(connection, "synced", f"{dates.epoch(now)} {len(problems)}")
    changed_urls = last_settings.changed_urls(previous, current)
    return SyncReport(len(listing.fingerprints), len(keys), published, problems, loss, changed_urls)


def _batches(
    connection: Connection,
    spool: Spool,
    files: FileRows,
    listing: SiteListing,
    sources: Sources,
    rules: Rules,
) -> Iterator[_Batch]:
    """Match the articles that were read with the stored ones.

    In the first sync, each batch is matched after the previous ones have been written. Otherwise
    there is one batch, as any stored article may be the best match for any file.
    """
    is_first = not articles.highest_number(connection)
    for number, (claims, texts) in enumerate(spool.batches(_BATCH if is_first else None)):
        if number == 1:
            articles.analyze(connection)
        yield _match(connection, claims, files, listing, sources, rules), texts


def _publish(
    connection: Connection,
    settings: Settings,
    now: datetime,
    batches: Iterable[_Batch],
    settings_changed: bool,
) -> tuple[Published, str | None]:
    """Publish batches of articles, and those that are due; return the result and the loss."""
    publisher = Publisher(connection, settings, now)
    loss = None
    for number, (states, texts) in enumerate(batches):
        if not number:  # a sync with other articles has one batch
            states += _others(connection, states, now, settings_changed)
        publisher.decide(states)
        loss = publisher.loss()
        articles.write(connection, states, texts, publisher.revision)
    listings_changed = False
    if settings_changed:
        unlisted = dump(sorted({*settings.moved, *settings.retired}))
        listings_changed = set_metadata(connection, "unlisted", unlisted) != unlisted
    return publisher.finish(settings_changed, listings_changed), loss


def _others(
    connection: Connection, states: list[ArticleState], now: datetime, settings_changed: bool
) -> list[ArticleState]:
    """Load the other articles that may change: all due ones, with new settings all visible ones."""
    numbers = {state.number for state in states}
    due = articles.load_due(connection, dates.epoch(now))
    others = [state for state in due if state.number not in numbers]
    if settings_changed:  # also affects articles whose files cannot be read now
        numbers |= {state.number for state in others}
        others += articles.load_visible(connection, numbers)
    return others


def _collect(
    results: Iterable[ReadResult],
    files: FileRows,
    spool: Spool,
    total: int,
    progress: Progress | None,
) -> None:
    """Record the results of reading, and spool the articles."""
    for count, result in enumerate(results, 1):
        files.record(result.key, result.problems, result.uses)
        if result.spooled:
            spool.add(result.spooled)
        if progress:
            progress(count, total)


def _match(
    connection: Connection,
    claims: list[Claim],
    files: FileRows,
    listing: SiteListing,
    sources: Sources,
    rules: Rules,
) -> list[ArticleState]:
    """Update or create the article of each claim; return all articles that may have changed."""
    states = articles.load_matching(
        connection,
        path={*(claim.path for claim in claims), *files.vanished},
        slug={claim.slug for claim in claims},
        text_hash={claim.text_hash for claim in claims},
        id={claim.id or claim.minted for claim in claims} | {claim.minted for claim in claims},
    )
    matches, refused = decide(claims, states, listing.holds, rules)
    files.refuse({key: error.problem(sources.display_name(key)) for key, error in refused.items()})
    affected = []
    number = articles.highest_number(connection)
    for match in matches:
        state = match.known
        if state is None:
            number += 1
            state = ArticleState(number)
        state.update(match.claim.columns, match.id)
        affected.append(state)
    paths = {state.path for state in affected}
    for state in states:
        if not (state.read or state.removed) and (
            state.path in paths or not listing.holds(state.path)
        ):
            state.removed = True
            affected.append(state)
    return affected
