"""What lists of the whole site are made of: ids, paths, files; for publishers, not for polls.

Every function reads within one transaction, and takes as long as there are articles.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import Connection, false, select

from feedsvc import dates
from feedsvc.catalog import rows, schema
from feedsvc.model import Article


@dataclass(frozen=True, slots=True)
class Identity:
    """What the article of a file is known by. final: it was published once, and keeps its id."""

    path: str
    id: str
    pinned: bool
    final: bool
    fingerprint: str

    def is_of(self, article: Article) -> bool:
        """Tell whether an article just read is as the last sync took it, and has no id yet."""
        row = rows.article_row(article)
        return not row["pinned"] and row["fingerprint"] == self.fingerprint


@dataclass(frozen=True, slots=True)
class Dated:
    """What makes the URL of an article's page. published: in UTC; zone: where it was written."""

    slug: str
    link: str
    published: datetime
    zone: timezone


def identities(connection: Connection) -> list[Identity]:
    """Return what each article that has a file is known by, in order of path."""
    table = schema.article.c
    columns = (table.path, table.id, table.pinned, table.released, table.fingerprint)
    query = select(*columns).where(table.removed.is_(False))
    found = [
        Identity(path, entry_id, pinned, released is not None, fingerprint)
        for path, entry_id, pinned, released, fingerprint in connection.execute(query)
    ]
    return sorted(found, key=lambda each: each.path)


def published(connection: Connection) -> tuple[list[Dated], list[Dated]]:
    """Return what makes the paths of all articles: where one is, and where one was.

    The latter is withdrawn, or has another slug now.
    """
    table, former = schema.article, schema.former_slug
    dated = (table.c.link, table.c.published, table.c.utc_offset)
    has_it = select(table.c.slug, *dated, table.c.visible).where(table.c.released.is_not(None))
    had_it = select(former.c.slug, *dated, false().label("visible")).join(
        table, former.c.article == table.c.number
    )
    found = [
        (row.visible, _dated(row))
        for query in (had_it, has_it)
        for row in connection.execute(query)
    ]
    present = {dated.slug: dated for visible, dated in found if visible}
    past = {dated.slug: dated for _, dated in found if dated.slug not in present}
    return list(present.values()), list(past.values())


def visible(connection: Connection) -> list[int]:
    """Return the numbers of all visible articles, newest first."""
    table = schema.article.c
    query = select(table.number).where(table.visible.is_(True))
    return list(connection.scalars(query.order_by(table.published.desc(), table.slug.desc())))


def shown_files(connection: Connection) -> list[str]:
    """Return the local files that visible articles show, relative to the content folder."""
    table, shown = schema.article, schema.shown_file
    query = (
        select(shown.c.path)
        .join(table, shown.c.article == table.c.number)
        .where(table.c.visible.is_(True))
    )
    return list(connection.scalars(query.distinct()))


def _dated(row: Any) -> Dated:
    written_in = timezone(timedelta(seconds=row.utc_offset))
    return Dated(row.slug, row.link, dates.from_epoch(row.published), written_in)
