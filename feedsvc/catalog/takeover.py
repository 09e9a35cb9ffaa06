"""Recognises copies of articles on another machine, which need not be read when it takes over.

Copies have other timestamps than the files that were read. An article is not read again if its
fingerprint differs only in the part that depends on the machine, and its text has the stored hash.
"""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import Connection, select

from feedsvc.catalog import rows, schema
from feedsvc.catalog.files import FileRows
from feedsvc.sources.site import Sources


def without_copies(
    connection: Connection, files: FileRows, sources: Sources, keys: Sequence[str]
) -> list[str]:
    """Return the keys whose articles must be read; record the others as unchanged."""
    copies = [key for key in keys if files.may_be_copy(key)]
    same = set(_same(connection, sources, copies))
    for key in same:
        files.keep(key)
    return [key for key in keys if key not in same] if same else list(keys)


def _same(connection: Connection, sources: Sources, keys: Collection[str]) -> Iterable[str]:
    article = schema.article.c
    for some in rows.chunks(list(keys)):
        query = select(article.path, article.text_hash)
        found = connection.execute(query.where(article.path.in_(some), article.removed.is_(False)))
        known = {path: text_hash for path, text_hash in found}  # noqa: C416 - typed
        for key, text_hash in sources.text_hashes(known):
            if text_hash == known[key]:
                yield key
