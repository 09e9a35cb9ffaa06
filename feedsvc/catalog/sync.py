"""Brings the stored articles into line with the files, and with the clock, in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

import feedsvc
from feedsvc import dates
from feedsvc.catalog import articles, schema
from feedsvc.catalog.files import FileRows
from feedsvc.catalog.identity import Claim, decide
from feedsvc.catalog.publish import Published, Publisher
from feedsvc.catalog.reading import Spool, read_all
from feedsvc.catalog.state import State
from feedsvc.catalog.store import Catalog
from feedsvc.errors import Problem
from feedsvc.settings import Settings
from feedsvc.sources import ArticleReader, Scan, SourceFile, scan

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync found and did. files: article files seen. read: those opened."""

    files: int
    read: int
    published: Published
    problems: tuple[Problem, ...]


def sync(
    catalog: Catalog, settings: Settings, now: datetime, progress: Progress | None = None
) -> SyncReport:
    """Read the files that changed below the content folder, and publish what follows.

    A file that cannot be taken leaves its article as it was, and a Problem in the report.
    progress: called with files read so far and files to read. Raises CatalogError, FeedsvcError.
    """
    with catalog.writing() as connection, Spool() as spool:
        # Looked at before its turn, the folder might lack what another sync has taken from it.
        found = scan(settings.content, settings.site, settings.generator.name)
        stale = _note_settings(connection, settings)
        files = FileRows(connection, found)
        changed = files.changed(everything=stale)
        if changed or files.vanished:
            claims = _read(files, changed, settings, spool, progress)
            affected = _match(connection, claims, files, found, settings)
        else:
            affected = []
        published = _publish(connection, settings, now, affected, spool, everywhere=stale)
        files.write()
        _note(connection, "synced", f"{dates.epoch(now)} {len(files.problems)}")
    return SyncReport(len(found.files), len(changed), published, files.problems)


def release(catalog: Catalog, settings: Settings, now: datetime) -> Published:
    """Publish what has come due, and withdraw what has expired. Reads no file."""
    with catalog.writing() as connection:
        return _publish(connection, settings, now, [], [], everywhere=False)


def _publish(
    connection: Connection,
    settings: Settings,
    now: datetime,
    affected: list[State],
    spool: Iterable[dict[str, Any]],
    everywhere: bool,
) -> Published:
    publisher = Publisher(connection, settings, now)
    numbers = {state.number for state in affected}
    due = articles.load_due(connection, dates.epoch(now))
    affected += [state for state in due if state.number not in numbers]
    publisher.decide(affected)
    articles.write(connection, affected, spool)
    return publisher.finish(everywhere)


def _note_settings(connection: Connection, settings: Settings) -> bool:
    """Keep by what the catalog is made, and tell whether it was made by something else."""
    now = f"feedsvc {feedsvc.__version__} {settings.fingerprint()}"
    return _note(connection, "settings", now)


def _note(connection: Connection, name: str, value: str) -> bool:
    """Keep a value under a name, and tell whether it is another than before."""
    made_by = schema.made_by
    before = connection.scalar(select(made_by.c.value).where(made_by.c.name == name))
    if before == value:
        return False
    connection.execute(delete(made_by).where(made_by.c.name == name))
    connection.execute(insert(made_by).values(name=name, value=value))
    return True


def _read(
    files: FileRows,
    changed: Sequence[SourceFile],
    settings: Settings,
    spool: Spool,
    progress: Progress | None,
) -> list[Claim]:
    """Read files into the spool; return what each says it is."""
    claims = []
    for count, read in enumerate(read_all(settings, changed), 1):
        files.note(read.path, read.problems)
        if read.claim and read.row:
            spool.add(read.row)
            claims.append(read.claim)
        if progress:
            progress(count, len(changed))
    return claims


def _match(
    connection: Connection,
    claims: list[Claim],
    files: FileRows,
    found: Scan,
    settings: Settings,
) -> list[State]:
    """Find the state of each file, new or known, and return those that may have changed."""
    authority = settings.id_authority
    minted = [claim.minted(authority) for claim in claims]
    states = articles.load_named(
        connection,
        paths={*(claim.path for claim in claims), *files.vanished},
        slugs={claim.slug for claim in claims},
        ids={*minted, *(claim.id for claim in claims if claim.id)},
    )
    decision = decide(claims, states, found.holds, authority)
    reader = ArticleReader(settings)
    for path, error in decision.refused.items():
        files.refuse(path, reader.problem(found.files[path], error))
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
