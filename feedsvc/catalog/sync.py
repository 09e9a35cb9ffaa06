"""Brings the stored articles into line with the files, and with the clock, in one transaction."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from feedsvc import dates, plugins
from feedsvc.catalog import articles, schema
from feedsvc.catalog.files import FileRows
from feedsvc.catalog.identity import Claim, decide
from feedsvc.catalog.publish import Published, Publisher
from feedsvc.catalog.reading import Read, Spool, read_all
from feedsvc.catalog.rows import dump
from feedsvc.catalog.state import State
from feedsvc.catalog.store import Catalog
from feedsvc.config.settings import Settings
from feedsvc.errors import Problem, WithdrawalError
from feedsvc.sources.site import SiteListing, Sources

Progress = Callable[[int, int], None]

_OF_URLS = ("base_url", "article_link", "moved", "retired", "aliases")


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync found and did. files: articles that sources list. read: those that were read.

    loss: how much it withdraws, where that looks like an accident. settings: those that URLs are
    made of and that are not as they were at the last sync: their names, then and now.
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
) -> SyncReport:
    """Read the articles that changed in the sources of a site, and publish what follows.

    An article that cannot be taken stays as it was, and so do those of a source that cannot be
    read; each leaves a Problem in the report. progress: called with the number of articles read so
    far and of those to read. force: publish also what looks like an accident. sources: those of the
    settings if None. Raises WithdrawalError, CatalogError, FeedsvcError; then nothing is changed.
    """
    sources = sources or Sources.of(settings)
    with catalog.writing() as connection:
        report = _sync(connection, settings, sources, now, progress)
        if report.loss and not force:
            raise WithdrawalError(
                f"{report.loss}, which is more than a third, so nothing was changed: is "
                f"{settings.content} the right folder, and is all of it there? If that is meant, "
                "run `feedsvc sync --force`"
            )
    return report


def rehearse(
    catalog: Catalog, settings: Settings, now: datetime, progress: Progress | None = None
) -> SyncReport:
    """Return what a sync would do, and do nothing. Raises CatalogError, FeedsvcError."""
    with catalog.rehearsing() as connection:
        return _sync(connection, settings, Sources.of(settings), now, progress)


def _sync(
    connection: Connection,
    settings: Settings,
    sources: Sources,
    now: datetime,
    progress: Progress | None,
) -> SyncReport:
    with Spool() as spool:
        # Listed before its turn, a source might lack what another sync has taken from it.
        found = sources.listing()
        now_made_by = _made_by(settings)
        before = _read_made_by(_note(connection, "settings", dump(now_made_by)))
        stale = _said(before) != _said(now_made_by)
        files = FileRows(connection, found)
        changed = files.changed()
        if changed or files.vanished:
            reads = read_all(sources, changed, settings.id_authority)
            claims = _take(reads, files, spool, len(changed), progress)
            affected = _match(connection, claims, files, found, sources)
        else:
            affected = []
        published, loss = _publish(connection, settings, now, affected, spool, everywhere=stale)
        files.write()
        _note(connection, "synced", f"{dates.epoch(now)} {len(files.problems)}")
    moved = _other_urls(before, now_made_by)
    return SyncReport(len(found.fingerprints), len(changed), published, files.problems, loss, moved)


def release(catalog: Catalog, settings: Settings, now: datetime) -> Published:
    """Publish what has come due, and withdraw what has expired. Reads no file."""
    with catalog.writing() as connection:
        published, _ = _publish(connection, settings, now, [], [], everywhere=False)
        return published


def _publish(
    connection: Connection,
    settings: Settings,
    now: datetime,
    affected: list[State],
    spool: Iterable[dict[str, Any]],
    everywhere: bool,
) -> tuple[Published, str | None]:
    """Publish what follows for these articles and those that are due; return the loss, too."""
    publisher = Publisher(connection, settings, now)
    numbers = {state.number for state in affected}
    due = articles.load_due(connection, dates.epoch(now))
    affected += [state for state in due if state.number not in numbers]
    relisted = False
    if everywhere:  # also those whose files cannot be taken now
        numbers = {state.number for state in affected}
        affected += articles.load_visible(connection, numbers)
        unlisted = dump(sorted({*settings.moved, *settings.retired}))
        relisted = _note(connection, "unlisted", unlisted) != unlisted
    publisher.decide(affected)
    loss = publisher.loss()
    articles.write(connection, affected, spool, publisher.revision)
    return publisher.finish(everywhere, relisted), loss


def _made_by(settings: Settings) -> dict[str, Any]:
    """Return what the stored is made by, as JSON values: the release, and settings by name."""
    return {"release": plugins.release(), "settings": settings.seen()}


def _read_made_by(stored: str | None) -> dict[str, Any] | None:
    """Read what a sync noted; 0.1.0 wrote `feedsvc 0.1.0` before the JSON of the settings."""
    if stored is None:
        return None
    if stored.startswith("{"):
        found: dict[str, Any] = json.loads(stored)
        return found
    release, brace, settings = stored.partition("{")
    return {"release": release.strip(), "settings": json.loads(brace + settings)}


def _said(made_by: dict[str, Any] | None) -> dict[str, Any] | None:
    """Leave out settings that say nothing, which releases that do not know them leave out."""
    if made_by is None:
        return None
    settings = {key: value for key, value in made_by["settings"].items() if value}
    return {**made_by, "settings": settings}


def _other_urls(
    before: dict[str, Any] | None, made_by: dict[str, Any]
) -> tuple[tuple[str, Any, Any], ...]:
    """Return the settings of URLs that differ from those that the catalog was made by."""
    if before is None:
        return ()
    then, now = before["settings"], made_by["settings"]
    return tuple(
        (name, then.get(name), now[name]) for name in _OF_URLS if then.get(name) != now[name]
    )


def _note(connection: Connection, name: str, value: str) -> str | None:
    """Keep a value under a name, and return the one before."""
    made_by = schema.made_by
    before = connection.scalar(select(made_by.c.value).where(made_by.c.name == name))
    if before != value:
        connection.execute(delete(made_by).where(made_by.c.name == name))
        connection.execute(insert(made_by).values(name=name, value=value))
    return before


def _take(
    reads: Iterable[Read], files: FileRows, spool: Spool, total: int, progress: Progress | None
) -> list[Claim]:
    """Put the rows of what is read into the spool; return what each article says it is."""
    claims = []
    for count, read in enumerate(reads, 1):
        files.note(read.key, read.problems)
        if read.claim and read.row:
            spool.add(read.row)
            claims.append(read.claim)
        if progress:
            progress(count, total)
    return claims


def _match(
    connection: Connection,
    claims: list[Claim],
    files: FileRows,
    found: SiteListing,
    sources: Sources,
) -> list[State]:
    """Find the state of each article, new or known, and return those that may have changed."""
    states = articles.load_named(
        connection,
        path={*(claim.path for claim in claims), *files.vanished},
        slug={claim.slug for claim in claims},
        text_hash={claim.text_hash for claim in claims},
        id={claim.id or claim.minted for claim in claims} | {claim.minted for claim in claims},
    )
    decision = decide(claims, states, found.holds)
    for key, error in decision.refused.items():
        problem = Problem(sources.shown(key), error.line, error.code, error.message)
        files.refuse(key, problem)
    affected = []
    number = articles.newest(connection)
    for match in decision.matches:
        state = match.known
        if state is None:
            number += 1
            state = State(number)
        state.take(match.claim.columns, match.id)
        affected.append(state)
    taken = {state.path for state in affected}
    for state in states:
        if not (state.read or state.removed) and (
            state.path in taken or not found.holds(state.path)
        ):
            state.removed = True
            affected.append(state)
    return affected
