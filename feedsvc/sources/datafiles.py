"""Which data files affect which articles; see docs/adr/0025."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from os.path import basename

from feedsvc.model import Tree
from feedsvc.sources.look import fingerprint
from feedsvc.sources.trees import Layout


def data_above(root: str, tree: Tree, rules: Layout) -> dict[str, str]:
    """Return the fingerprints of data files above the content folder, within the tree."""
    found = {}
    up = ""
    for _ in filter(None, tree.below.split("/")):
        up += "../"
        with suppress(OSError), os.scandir(os.path.join(root, up)) as entries:
            for entry in entries:
                if rules.is_data(entry.name) and entry.is_file(follow_symlinks=False):
                    found[up + entry.name] = content_hash(entry.path, entry.stat())
    return found


def content_hash(path: str, status: os.stat_result) -> str:
    """Return a hash of the content of a data file, which is the same for each copy of it."""
    return _hash_of(path, fingerprint(status))


@lru_cache(100_000)
def _hash_of(path: str, _fingerprint: str) -> str:
    try:
        with open(path, "rb", buffering=0) as source:
            return hashlib.blake2b(source.read(), digest_size=8).hexdigest()
    except OSError as error:
        return str(error.errno)


def affects(root: str, data: str, articles: Iterable[str]) -> bool:
    """Return whether a data file may affect articles.

    One above the content folder does if it is named after its own folder.
    """
    folder, _, name = data.rpartition("/")
    if folder.startswith(".."):
        return name.partition(".")[0] == basename(os.path.normpath(os.path.join(root, folder)))
    return not folder or any(path.startswith(f"{folder}/") for path in articles)


def with_data(articles: Mapping[str, str], data: Mapping[str, str]) -> Mapping[str, str]:
    """Return fingerprints of articles that include those of the data files that affect them."""
    if not data:
        return articles
    of_folder: dict[str, str] = {}
    for path, found in sorted(data.items()):
        folder = "" if path.startswith("../") else path.rpartition("/")[0]
        of_folder[folder] = f"{of_folder.get(folder, '')} {path} {found}"

    @cache
    def above(folder: str) -> str:
        own = of_folder.get(folder, "")
        return own + above(folder.rpartition("/")[0]) if folder else own

    return {
        path: _combined(stamp, above(path.rpartition("/")[0])) for path, stamp in articles.items()
    }


def _combined(fingerprint: str, above: str) -> str:
    if not above:
        return fingerprint
    return f"{hashlib.blake2b(above.encode(), digest_size=8).hexdigest()} {fingerprint}"
