"""Detects which generator a tree of articles was made for, and reads its configuration as data.

A Program describes one generator: how its site is recognised, and its convention for articles.
Nothing of the configuration is run; what cannot be read says nothing, and nothing here raises.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from feedsvc.config.settings import Settings
from feedsvc.model import Tree
from feedsvc.sources.generators.convention import Convention
from feedsvc.sources.generators.foreign import Foreign

_LARGEST = 200_000  # bytes
_LONGEST_LINE = 1000  # characters, and so the depth of YAML's blocks
_MOST_BRACKETS = 1000


@dataclass(frozen=True)
class Program:
    """A generator, as the entry points `feedsvc.generators` name it; see trees.Generator.

    configs: its files of configuration. wanted: the keys of them that say something about URLs.
    trees: folders of articles below the root of its site. trace: a file that only it makes.
    package: its name among the packages of package.json. usual: where a content folder is in the
    program's tree, judged by its name alone.
    """

    name: str
    layout: Convention
    configs: tuple[str, ...]
    wanted: frozenset[str] = frozenset()
    trees: tuple[str, ...] = (".",)
    trace: str = ""
    package: str = ""
    usual: Callable[[str], str] = lambda _name: ""

    def configured(self, root: Path, content: Path) -> Tree | None:
        """See trees.Generator."""
        sign, said = self._config(root) or ("", {})
        place = self._place(said, root, content) if sign else None
        return Tree(self.name, sign, place[1], dict(_flat(said)), place[0]) if place else None

    def traced(self, root: Path, content: Path) -> Tree | None:
        """See trees.Generator."""
        place = self._place({}, root, content)
        if place and self.package and _depends(root, self.package):
            return Tree(self.name, "package.json", place[1], tree=place[0])
        if place and self.trace and (root / self.trace).is_file():
            return Tree(self.name, self.trace, place[1], tree=place[0])
        return None

    def assumed(self, roots: Iterable[Path], content: Path) -> Tree:
        """See trees.Generator."""
        for root in roots:
            if found := self._config(root):
                tree, below = self._place(found[1], root, content) or ("", "")
                return Tree(self.name, "", below, dict(_flat(found[1])), tree)
        return Tree(self.name, below=self.usual(content.name))

    def reader(self, settings: Settings, text: Callable[[str], str]) -> Foreign:
        """See trees.Generator."""
        return Foreign(settings, self.layout, text)

    def _config(self, root: Path) -> tuple[str, Mapping[str, Any]] | None:
        """Return a configuration in a folder: its name, and what it says of URLs."""
        for config in self.configs:
            values = _values(root / config)
            # Others call their files so, too.
            is_config = config.partition(".")[0] == "config"
            if values is not None and not (is_config and "baseurl" not in values):
                return config, {key: each for key, each in values.items() if key in self.wanted}
        return None

    def _place(self, said: Mapping[str, Any], root: Path, content: Path) -> tuple[str, str] | None:
        """Return a tree of articles, and where the content is in it; None if it is outside."""
        own = said.get("contentdir") or said.get("path") or said.get("input")
        for tree in (own,) if isinstance(own, str) and own else self.trees:
            top = (root / tree).resolve()
            if content.is_relative_to(top):
                return tree, content.relative_to(top).as_posix().removeprefix(".")
        return None


def with_endings(*names: str) -> tuple[str, ...]:
    """Return the names of files of configuration in the formats that are data."""
    return tuple(f"{name}.{ending}" for name in names for ending in ("toml", "yaml", "yml", "json"))


def scripts(*names: str) -> tuple[str, ...]:
    """Return the names of files of configuration that are JavaScript."""
    return tuple(f"{name}.{ending}" for name in names for ending in ("js", "mjs", "cjs", "ts"))


def _depends(root: Path, package: str) -> bool:
    values = _values(root / "package.json") or {}
    packages = [values.get(key) for key in ("dependencies", "devdependencies")]
    return any(package in each for each in packages if isinstance(each, dict))


def _values(path: Path) -> Mapping[str, Any] | None:
    """Return what a file of configuration says, by key in lower case; None if there is none."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        text = path.read_text(encoding="utf-8-sig")
        parse = _PARSERS.get(path.suffix, _script)
        values = parse(text)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError, yaml.YAMLError):
        return None
    return {str(key).lower(): value for key, value in values.items()} if values else {}


def _json(text: str) -> Mapping[str, Any]:
    values = json.loads(text)
    return values if isinstance(values, dict) else {}


def _yaml(text: str) -> Mapping[str, Any]:
    nesting = text.count("[") + text.count("{")
    if nesting > _MOST_BRACKETS or max(map(len, text.splitlines()), default=0) > _LONGEST_LINE:
        return {}
    values = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes texts of everything
    return values if isinstance(values, dict) else {}


def _python(text: str) -> Mapping[str, Any]:
    """Return what is assigned at the top of a Python file as a literal."""
    import ast

    found: dict[str, Any] = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            names = [each.id for each in statement.targets if isinstance(each, ast.Name)]
            found.update(dict.fromkeys(names, statement.value.value))
    return found


_INPUT = re.compile(r"""\binput\s*:\s*["']([^"'\n]+)["']""")


def _script(text: str) -> Mapping[str, Any]:
    """Return the one thing that is looked for in JavaScript: which folder Eleventy reads."""
    found = _INPUT.search(text)
    return {"input": found[1]} if found else {}


_PARSERS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    ".toml": tomllib.loads,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": _json,
    ".py": _python,
}


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the texts in tables of tables by dotted key; of the names of languages, a list."""
    for key, value in values.items():
        name = f"{prefix}{key}".lower()
        if name == "languages" and isinstance(value, dict):
            yield name, " ".join(map(str, value)).lower()
        elif isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, str | int | float):
            yield name, str(value).lower() if isinstance(value, bool) else str(value)
