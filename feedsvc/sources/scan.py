"""Lists the article files below a folder without opening them."""

import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from os.path import basename
from pathlib import Path

from feedsvc.config.content import matcher
from feedsvc.errors import ArticleError, FeedsvcError, Problem, Severity
from feedsvc.model import MAX_PATH, Tree, excess
from feedsvc.sources.protocol import Listing
from feedsvc.sources.trees import Layout, layout

# Timestamps of file systems are coarse: two changes within a tick look like one.
_SETTLED = 2.0  # seconds
_LEAVES = "is a symlink that leaves the content folder; copy the file instead"


def scan(
    content: Path,
    site: Path,
    tree: Tree = Tree(),  # noqa: B008 - frozen
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Listing:
    """List the article files at any depth below a folder, sorted by path.

    The fingerprint of a file that has just changed is '', as another change within the same tick
    would go unnoticed. Names that start with `.` or `_` are ignored. Symlinks are followed within
    the folder, and are Problems if they leave it. tree: whose rules apply. include, exclude:
    patterns as in .gitignore, of the files to list, and of those to ignore. Raises FeedsvcError if
    the folder does not exist: an unmounted disk must not look like an emptied one.
    """
    root = os.path.realpath(content)
    if not Path(root).is_dir():
        raise FeedsvcError(
            f"{content}: there is no such folder; create it, or set `content` in feedsvc.toml"
        )
    files: dict[str, str] = {}
    unseen: dict[str, Problem] = {}
    rules = layout(tree.name)
    included = matcher(include) if include else lambda _path: True
    excluded = matcher(exclude) if exclude else lambda _path: False
    for found, path in _walk(root, rules, excluded):
        if not (included(path) or rules.is_data(basename(path))):
            continue
        if isinstance(found, ArticleError):
            unseen[path] = found.problem(shown_path(content, site, path))
        else:
            files[path] = _fingerprint(found)
    data = {path: files.pop(path) for path in list(files) if rules.is_data(basename(path))}
    data |= _data_above(root, tree, rules)
    prefix = f"{tree.below}/" if tree.below else ""
    inside = rules.articles(tree, [prefix + path for path in sorted(files)])
    paths = [path.removeprefix(prefix) for path in inside]
    unread = [
        Problem(shown_path(content, site, path), 0, "not-evaluated", message, Severity.WARNING)
        for path in data
        if (message := rules.unread(basename(path))) and _affects(root, path, paths)
    ]
    articles = _with_data({path: files[path] for path in paths}, data)
    return Listing(articles, tuple(sorted((*unseen.values(), *unread))), tuple(unseen))


def _fingerprint(found: os.stat_result) -> str:
    if found.st_ctime >= time.time() - _SETTLED:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}-{found.st_ctime_ns}"


def _data_above(root: str, tree: Tree, rules: Layout) -> dict[str, str]:
    """Return the fingerprints of data files above the content folder, within the tree."""
    found = {}
    up = ""
    for _ in filter(None, tree.below.split("/")):
        up += "../"
        with suppress(OSError), os.scandir(os.path.join(root, up)) as entries:
            for entry in entries:
                if rules.is_data(entry.name) and entry.is_file(follow_symlinks=False):
                    found[up + entry.name] = _fingerprint(entry.stat())
    return found


def _affects(root: str, data: str, articles: Sequence[str]) -> bool:
    """Return whether a data file may affect articles; one above them if it is named after its
    folder.
    """
    folder, _, name = data.rpartition("/")
    if folder.startswith(".."):
        return name.partition(".")[0] == basename(os.path.normpath(os.path.join(root, folder)))
    return not folder or any(path.startswith(f"{folder}/") for path in articles)


def _with_data(articles: dict[str, str], data: Mapping[str, str]) -> dict[str, str]:
    """Return fingerprints of articles that include those of the data files that affect them."""
    of_folder: dict[str, str] = {}
    for path, fingerprint in sorted(data.items()):
        folder = "" if path.startswith("../") else path.rpartition("/")[0]
        of_folder[folder] = f"{of_folder.get(folder, '')} {path} {fingerprint or time.time_ns()}"

    @cache
    def above(folder: str) -> str:
        own = of_folder.get(folder, "")
        return own + above(folder.rpartition("/")[0]) if folder else own

    return {
        path: _combined(fingerprint, above(path.rpartition("/")[0]))
        for path, fingerprint in articles.items()
    }


def _combined(fingerprint: str, above: str) -> str:
    if not fingerprint or not above:
        return fingerprint
    return f"{fingerprint}-{hashlib.blake2b(above.encode(), digest_size=8).hexdigest()}"


def shown_path(content: Path, site: Path, path: str) -> str:
    """Return a path below the content folder as shown in Problems: relative to the site."""
    full = Path(os.path.normpath(content / path))
    return full.relative_to(site).as_posix() if full.is_relative_to(site) else full.as_posix()


def is_inside(root: str, path: str) -> bool:
    """Return whether a path, with symlinks resolved, is below a folder. root: a real path."""
    return os.path.realpath(path).startswith(root.rstrip(os.sep) + os.sep)


def _walk(
    root: str, rules: Layout, excluded: Callable[[str], bool]
) -> Iterator[tuple[os.stat_result | ArticleError, str]]:
    """Yield the status of each article file, or the error at a path; and the path."""
    # Folders to list, each with the real paths of its ancestors, to detect loops of symlinks.
    waiting = [("", frozenset({root}))]
    while waiting:
        below, above = waiting.pop()
        try:
            entries = list(os.scandir(os.path.join(root, below)))
        except OSError as error:
            yield _unreadable(error), below
            continue
        for entry in entries:
            path = f"{below}/{entry.name}" if below else entry.name
            found = _look(root, entry, rules)
            if found and excluded(f"{path}/" if isinstance(found, str) else path):
                continue
            if isinstance(found, str):
                if found not in above:
                    waiting.append((path, above | {found}))
            elif found and (over := excess(path, MAX_PATH)):
                message = f"has a path that {over}; rename the file or its folders"
                yield ArticleError("too-long", message), path
            elif found:
                yield found, path


def _look(
    root: str, entry: "os.DirEntry[str]", rules: Layout
) -> os.stat_result | ArticleError | str | None:
    """Return a file's status, a folder's real path, an error, or None for what is ignored."""
    name = entry.name
    is_data = rules.is_data(name)
    if not is_data and rules.is_hidden(name):
        return None
    try:
        is_folder, is_link = entry.is_dir(), entry.is_symlink()
        if not (is_folder or is_data or name.endswith(rules.endings)):
            return None
        if is_folder and name in rules.passed_over:
            return None
        if is_link and not is_inside(root, entry.path):
            return ArticleError("outside-content", _LEAVES)
        if not name.isascii() and any("\udc80" <= each <= "\udcff" for each in name):
            return ArticleError("not-utf8", "has a name that is not UTF-8; rename it")
        if is_folder:
            return os.path.realpath(entry.path) if is_link else entry.path
        found = entry.stat()
    except OSError as error:
        return _unreadable(error)
    if not stat.S_ISREG(found.st_mode):  # opening a pipe would block
        return ArticleError("unreadable", "is a device or a pipe, not a file; remove it")
    return found


def _unreadable(error: OSError) -> ArticleError:
    return ArticleError("unreadable", f"cannot be read: {error.strerror}; check its permissions")
