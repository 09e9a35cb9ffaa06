"""Lists the article files below a folder without opening them."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from os.path import basename
from pathlib import Path

from feedsvc.config.content import matcher
from feedsvc.errors import ArticleError, FeedsvcError, Problem, Severity
from feedsvc.model import MAX_PATH, Tree, excess
from feedsvc.sources.datafiles import affects, content_hash, data_above, with_data
from feedsvc.sources.look import DirectoryEntry, fingerprint, look, unreadable
from feedsvc.sources.protocol import Listing, is_at
from feedsvc.sources.spill import SpillingDict
from feedsvc.sources.trees import layout


class Scanner:
    """Lists the article files at any depth below a folder: all of them, or those that changed.

    Symlinks are followed within the folder, and are Problems if they leave it. tree: determines
    which names are ignored, by default those that start with `.` or `_`. include, exclude:
    patterns, as in .gitignore, of the files to list and of those to ignore.
    """

    def __init__(
        self,
        content: Path,
        site: Path,
        tree: Tree = Tree(),  # noqa: B008 - frozen
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> None:
        self._content, self._site, self._tree = content, site, tree
        self._rules = layout(tree.name)
        self._included = matcher(include) if include else lambda _path: True
        self._excluded = matcher(exclude) if exclude else lambda _path: False
        self._prefix = f"{tree.below}/" if tree.below else ""
        # What the last listing found, for `changes`.
        self._root = ""
        self._is_linked = True  # whether a file may have more than one path
        self._data: Mapping[str, str] = {}
        self._unseen: dict[str, Problem] = {}
        self._unread: list[Problem] = []

    def listing(self) -> Listing:
        """List all article files, sorted by path.

        A file that has just changed gets a fingerprint that is valid only once, as another change
        within the same clock tick would go unnoticed. Raises FeedsvcError if the folder does not
        exist: an unmounted disk must not look like an emptied one.
        """
        self._root = root = os.path.realpath(self._content)
        if not Path(root).is_dir():
            raise FeedsvcError(
                f"{self._content}: there is no such folder; create it, or set `content` in "
                "feedsvc.toml"
            )
        self._is_linked = False
        self._unseen = {}
        files, data = self._files(self._walk([("", frozenset({root}))]))
        self._data = data | data_above(root, self._tree, self._rules)
        articles = self._articles(files, ())
        self._unread = [
            Problem(self._shown(path), 0, "not-evaluated", message, Severity.WARNING)
            for path in self._data
            if (message := self._rules.unread(basename(path))) and affects(root, path, articles)
        ]
        return Listing(articles, self._problems, tuple(self._unseen))

    def changes(self, paths: Iterable[str]) -> Listing | None:
        """List the changes since the last listing, given the absolute paths that changed.

        None if all must be listed. What counts is what is at a path now, not what happened there;
        each of the paths may have been a folder.
        """
        changed = self._changed(paths)
        if changed is None:
            return None
        files = SpillingDict()
        for path in changed:
            for unseen in [each for each in self._unseen if is_at(each, path)]:
                del self._unseen[unseen]
            found, data = self._files(self._walk_from(path))
            if data:
                return None
            files.update(found)
        if self._is_linked:
            return None
        articles = self._articles(files, self._leading(files))
        absent = [path for path in changed if path not in articles]
        return Listing(
            articles, self._problems, tuple(self._unseen), partial=True, absent=tuple(absent)
        )

    def _changed(self, paths: Iterable[str]) -> list[str] | None:
        """Return the paths below the folder at which articles may have changed; None for all."""
        rules = self._rules
        found = set()
        for path in paths:
            inside = os.path.relpath(path, self._root)
            if self._is_linked or inside == "." or inside.startswith(".."):
                return None
            folder, name = os.path.split(inside)
            if not self._reaches(folder):
                continue
            if rules.is_data(name):
                return None
            if rules.is_hidden(name):
                continue
            if rules.leads and rules.leads(name):
                inside = folder
            found.add(inside)
        if "" in found or any(is_at(each, path) for each in self._data for path in found):
            return None
        if any(is_at(path, each) for each in self._unseen for path in found if path != each):
            return None
        return sorted(path for path in found if not found.intersection(_above(path)))

    def _reaches(self, folder: str) -> bool:
        """Return whether the files in a folder are listed, if they are articles."""
        rules = self._rules
        for each in (folder, *_above(folder)) if folder else ():
            name = basename(each)
            hidden = rules.is_hidden(name) and not rules.is_data(name)
            if hidden or name in rules.passed_over or self._excluded(f"{each}/"):
                return False
        return True

    def _files(
        self, found: Iterable[tuple[os.stat_result | ArticleError, str]]
    ) -> tuple[SpillingDict, dict[str, str]]:
        """Return the fingerprints of article files and of data files, by path.

        Also records the paths that could not be listed.
        """
        files, data = SpillingDict(), {}
        for status, path in found:
            is_data = self._rules.is_data(path.rpartition("/")[2])
            if not (is_data or self._included(path)):
                is_file = path.endswith(self._rules.endings)
                # An unreadable folder, which `include` need not name, may have articles.
                if is_file or not isinstance(status, ArticleError) or status.code != "unreadable":
                    continue
            if isinstance(status, ArticleError):
                self._unseen[path] = status.problem(self._shown(path))
            elif is_data:
                data[path] = content_hash(os.path.join(self._root, path), status)
            else:
                files[path] = fingerprint(status)
        return files, data

    def _articles(self, files: Mapping[str, str], others: Iterable[str]) -> Mapping[str, str]:
        """Return the files that are articles, with fingerprints that include their data files.

        others: more files, which decide which of these are articles.
        """
        if self._rules.articles:
            paths = [self._prefix + path for path in sorted({*files, *others})]
            inside = (
                path.removeprefix(self._prefix) for path in self._rules.articles(self._tree, paths)
            )
            files = {path: files[path] for path in inside if path in files}
        return with_data(files, self._data)

    def _leading(self, files: Iterable[str]) -> Iterator[str]:
        """Yield the files in or above the folders of some files that decide which are articles."""
        leads = self._rules.leads
        for folder in {each for path in files for each in (*_above(path), "")} if leads else ():
            with suppress(OSError), os.scandir(os.path.join(self._root, folder)) as entries:
                for entry in entries:
                    path = os.path.join(folder, entry.name)
                    if leads and leads(entry.name):
                        yield from self._files(self._walk_from(path))[0]

    @property
    def _problems(self) -> tuple[Problem, ...]:
        return tuple(sorted((*self._unseen.values(), *self._unread)))

    def _shown(self, path: str) -> str:
        return shown_path(self._content, self._site, path)

    def _walk(
        self, waiting: list[tuple[str, frozenset[str]]]
    ) -> Iterator[tuple[os.stat_result | ArticleError, str]]:
        """Yield the status of each article file, or an error, with its path.

        waiting: folders to list, each with the real paths of its ancestors, to detect loops of
        symlinks.
        """
        while waiting:
            below, above = waiting.pop()
            try:
                with os.scandir(os.path.join(self._root, below)) as entries:
                    for entry in entries:
                        path = f"{below}/{entry.name}" if below else entry.name
                        if found := self._visit(entry, path, above, waiting):
                            yield found, path
            except OSError as error:
                yield unreadable(error), below

    def _walk_from(self, path: str) -> Iterator[tuple[os.stat_result | ArticleError, str]]:
        """Yield what `_walk` yields for the file or folder that is at a path now, if any."""
        full = os.path.join(self._root, path)
        waiting: list[tuple[str, frozenset[str]]] = []
        if os.path.lexists(full):
            if found := self._visit(DirectoryEntry(full), path, frozenset(), waiting):
                yield found, path
            yield from self._walk(waiting)

    def _visit(
        self,
        entry: "DirectoryEntry | os.DirEntry[str]",
        path: str,
        above: frozenset[str],
        waiting: list[tuple[str, frozenset[str]]],
    ) -> os.stat_result | ArticleError | None:
        """Return the status of a file, or an error; append a folder to `waiting`."""
        found = look(self._root, entry, self._rules)
        if not found or self._excluded(f"{path}/" if isinstance(found, str) else path):
            return None
        if isinstance(found, str):
            self._is_linked = self._is_linked or entry.is_symlink()
            if found not in above:
                waiting.append((path, above | {found}))
            return None
        if over := excess(path, MAX_PATH):
            message = f"has a path that {over}; rename the file or its folders"
            return ArticleError("too-long", message)
        if isinstance(found, os.stat_result) and (found.st_nlink > 1 or entry.is_symlink()):
            self._is_linked = True
        return found


def scan(
    content: Path,
    site: Path,
    tree: Tree = Tree(),  # noqa: B008 - frozen
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> Listing:
    """List all article files below a folder once; see `Scanner`. Raises FeedsvcError."""
    return Scanner(content, site, tree, include, exclude).listing()


def _above(path: str) -> Iterator[str]:
    """Yield the folders that contain a path, innermost first, without the content folder."""
    while path := os.path.dirname(path):
        yield path


def shown_path(content: Path, site: Path, path: str) -> str:
    """Return a path below the content folder as shown in Problems: relative to the site."""
    full = Path(os.path.normpath(content / path))
    return full.relative_to(site).as_posix() if full.is_relative_to(site) else full.as_posix()
