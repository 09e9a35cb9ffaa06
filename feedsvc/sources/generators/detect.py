"""Detects the generator of a tree of articles.

A Program describes one generator: how its site is recognised, and its convention for articles.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from feedsvc.config.settings import Settings
from feedsvc.model import Tree
from feedsvc.sources.generators import configs
from feedsvc.sources.generators.configs import Config
from feedsvc.sources.generators.convention import Convention
from feedsvc.sources.generators.foreign import Foreign

_Place = tuple[str, str]  # a tree of articles, and the content folder in it

JSON_FEED = 'read the JSON Feed that the program writes ([[sources]] type = "jsonfeed")'


@dataclass(frozen=True)
class Program:
    """A generator, as the entry points `feedsvc.generators` name it; see trees.Generator.

    configs: names of its configuration files. wanted: the keys in them that affect URLs, dates or
    texts, in lower case; None for all. zone: the key of the time zone. unknown: keys that feedsvc
    does not evaluate, and what they affect. calls: the same for calls and keys in JavaScript, such
    as `addGlobalData date`. trees: folders of articles below the root of the site. trace: a file
    that only this program creates. package: its name in package.json. usual: returns the place of a
    content folder in the program's tree, given only its name.
    """

    name: str
    layout: Convention
    configs: tuple[str, ...]
    wanted: frozenset[str] | None = None
    zone: str = "timezone"
    unknown: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, str] = field(default_factory=dict)
    trees: tuple[str, ...] = (".",)
    trace: str = ""
    package: str = ""
    usual: Callable[[str], str] = lambda _name: ""

    def configured(self, root: Path, content: Path) -> Tree | None:
        """See trees.Generator."""
        name, values = self.config(root)
        place = self._place(values, root, content) if name else None
        return self._tree(root, content, name, values, place) if place else None

    def traced(self, root: Path, content: Path) -> Tree | None:
        """See trees.Generator."""
        depends = bool(self.package) and _depends(root, self.package)
        if not depends and not (self.trace and (root / self.trace).is_file()):
            return None
        place = self._place({}, root, content)
        if place and depends:
            return self._tree(root, content, "package.json", {}, place)
        return Tree(self.name, self.trace, place[1], tree=place[0]) if place else None

    def assumed(self, roots: Iterable[Path], content: Path) -> Tree:
        """See trees.Generator."""
        for root in roots:
            name, values = self.config(root)
            if name:
                place = self._place(values, root, content) or ("", "")
                return replace(self._tree(root, content, name, values, place), sign="")
        return Tree(self.name, below=self.usual(content.name))

    def start(self, root: Path) -> dict[str, str]:
        """See trees.Generator."""
        _, values = self.config(root)
        for folder in self.folders(values):
            content = (root / folder).resolve()
            if content.is_dir() and (self.configured(root, content) or self.traced(root, content)):
                return {"content": folder, **configs.site(values)}
        return {}

    def reader(self, settings: Settings, text: Callable[[str], str]) -> Foreign:
        """See trees.Generator."""
        return Foreign(settings, self.layout, text)

    def doubts(self, settings: Settings) -> Iterator[str]:
        """See trees.Generator."""
        options = settings.tree.options
        zone = configs.text(options, self.zone)
        if zone and zone != settings.timezone:
            yield (
                f"`{self.zone}` is {zone}, but {settings.timezone} in feedsvc's settings: dates "
                f'and URLs may be off by a day; write timezone = "{zone}" in feedsvc.toml'
            )
        unset: tuple[Any, ...] = (None, "", "false", [], {})
        found = [each for each in self.unknown.items() if options.get(each[0].lower()) not in unset]
        found += [(call, self.calls[call]) for call in options.get("calls", ())]
        found += [(each, "ids and links") for each in options.get("feeds", ())]
        for key, affected in (*found, *self.unread(options)):
            yield f"`{key}` is not evaluated: {affected} may be wrong; if so, {JSON_FEED}"

    def unread(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:  # noqa: ARG002
        """Yield more keys that are not evaluated, with what they affect."""
        yield from ()

    def searched(self, root: Path, values: Mapping[str, Any]) -> Config:  # noqa: ARG002
        """Return more options, from other files than the configuration.

        feeds: parts of the templates of the site's own feeds that are not evaluated.
        """
        return {}

    def config(self, root: Path) -> tuple[str, Config]:
        """Return the name and the values of the configuration in a folder; '' if there is none."""
        for name in self.configs:
            if not os.path.isfile(f"{root}/{name}"):  # most are absent, and a Path costs more
                continue
            values = configs.read(root / name)
            # Other programs use the name `config`.
            is_common = name.partition(".")[0] == "config"
            if values is not None and not (is_common and "baseurl" not in values):
                return name, values
        return "", {}

    def folders(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the folders of articles that a configuration names, or the usual ones."""
        found = [configs.text(values, key) for key in ("contentdir", "path", "input", "source")]
        return tuple(filter(None, found)) or self.trees

    def _tree(self, root: Path, content: Path, name: str, values: Config, place: _Place) -> Tree:
        wanted = {*(self.wanted or values), *map(str.lower, self.unknown), self.zone} - {"calls"}
        options = {key: value for key, value in values.items() if key in wanted}
        if calls := [call for call in values.get("calls", ()) if call in self.calls]:
            options["calls"] = calls
        options |= self.searched(root, values)
        config = Path(os.path.relpath(root / name, content)).as_posix()
        return Tree(self.name, name, place[1], options, place[0], config)

    def _place(self, values: Mapping[str, Any], root: Path, content: Path) -> _Place | None:
        """Return the place of the content folder; None if it is in no tree."""
        for tree in self.folders(values):
            top = (root / tree).resolve()
            if content.is_relative_to(top):
                return tree, content.relative_to(top).as_posix().removeprefix(".")
        return None


def _depends(root: Path, package: str) -> bool:
    values = configs.read(root / "package.json")
    return any(package in configs.table(values, f"{kind}dependencies") for kind in ("", "dev"))
