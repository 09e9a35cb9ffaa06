"""Which program a tree of articles was written for, and what its configuration says of URLs.

Reads configuration as data and executes none of it. Whatever cannot be read says nothing; nothing
here raises.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

PLAIN = "feedsvc"

_LARGEST = 200_000  # bytes
_LONGEST_LINE = 1000  # characters, and so the depth of YAML's blocks
_MOST_BRACKETS = 1000
_UP = 3  # folders above the content that may be the root of the other program's site


@dataclass(frozen=True, slots=True)
class Generator:
    """The program whose conventions the content folder follows.

    sign: the file or folder that told, '' where the settings name the program. below: where the
    content folder is in the program's own tree, '' where it is all of it. options: what was read of
    the program's configuration, by dotted key in lower case.
    """

    name: str = PLAIN
    sign: str = ""
    below: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What tells that a folder is the root of a program's site.

    configs: its files of configuration. wanted: the keys of them that say something about URLs.
    trees: folders of articles below the root, and what stands in front of their paths.
    """

    configs: tuple[str, ...]
    wanted: frozenset[str] = frozenset()
    trees: tuple[str, ...] = (".",)


def _with_endings(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{ending}" for name in names for ending in ("toml", "yaml", "yml", "json"))


def _scripts(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{ending}" for name in names for ending in ("js", "mjs", "cjs", "ts"))


_KINDS: Mapping[str, _Kind] = {
    "hugo": _Kind(
        _with_endings("hugo", "config", "config/_default/hugo", "config/_default/config"),
        frozenset(
            {"contentdir", "permalinks", "uglyurls", "disablepathtolower", "languages"}
            | {"defaultcontentlanguage", "defaultcontentlanguageinsubdir"}
        ),
        ("content",),
    ),
    "jekyll": _Kind(("_config.yml", "_config.yaml"), frozenset({"permalink", "collections"})),
    "pelican": _Kind(
        ("pelicanconf.py",),
        frozenset(
            {"path", "article_url", "article_lang_url", "default_lang", "default_category"}
            | {"use_folder_as_category", "slugify_source", "filename_metadata"}
        ),
        ("content",),
    ),
    "eleventy": _Kind((".eleventy.js", *_scripts("eleventy.config")), frozenset({"input"})),
    "astro": _Kind(_scripts("astro.config"), trees=("src/content", "src/pages", "src/data", "src")),
}
NAMES = (PLAIN, *_KINDS)

_PACKAGES = {"@11ty/eleventy": "eleventy", "astro": "astro"}
_DATED = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}-.+\.\w+")


def named(name: str, content: Path, site: Path) -> Generator:
    """Return the generator that the settings name, with what its configuration says."""
    for root in _roots(content, site):
        found = _read(name, root, content) if name in _KINDS else None
        if found:
            return replace(found, sign="")
    below = "_posts" if name == "jekyll" and content.name == "_posts" else ""
    if name == "astro":
        below = content.name
    return Generator(name, below=below)


def detect(content: Path, site: Path) -> Generator:
    """Tell which program a content folder was made for; feedsvc itself where that is in doubt.

    The nearest folder that says anything decides.
    """
    for root in _roots(content, site):
        found = [each for name in _KINDS if (each := _detect(name, root, content))]
        if found:
            return found[0] if len(found) == 1 else Generator()
    return Generator()


def _roots(content: Path, site: Path) -> Iterator[Path]:
    """Yield the content folder and those above it, not beyond the site where it is within."""
    for depth, folder in enumerate((content, *content.parents)):
        if depth > _UP:
            return
        yield folder
        if folder == site:
            return


def _detect(name: str, root: Path, content: Path) -> Generator | None:
    found = _read(name, root, content)
    if name == "jekyll":  # many sites have the file, but articles only below this folder
        posts = _posts(content, content) if found else _posts(root, content)
        return (found or Generator(name, posts, _below(content, (root,)))) if posts else None
    if found:
        return found
    if name in _PACKAGES.values() and _depends(root, name):
        return _made(name, "package.json", root, content, {})
    if name == "hugo" and (root / "archetypes/default.md").is_file():
        return _made(name, "archetypes/default.md", root, content, {})
    return None


def _read(name: str, root: Path, content: Path) -> Generator | None:
    """Return the generator if a configuration of it stands in a folder."""
    kind = _KINDS[name]
    for config in kind.configs:
        values = _values(root / config)
        if values is None:
            continue
        # Others call their files so, too.
        if name == "hugo" and "config." in config and "baseurl" not in values:
            continue
        said = {key: value for key, value in values.items() if key in kind.wanted}
        return _made(name, config, root, content, said)
    return None


def _made(name: str, sign: str, root: Path, content: Path, said: Mapping[str, Any]) -> Generator:
    own = said.get("contentdir") or said.get("path") or said.get("input")
    trees = (str(own),) if isinstance(own, str) and own else _KINDS[name].trees
    below = _below(content, tuple(root / tree for tree in trees))
    return Generator(name, sign, below, dict(_flat(said)))


def _below(content: Path, trees: tuple[Path, ...]) -> str:
    for tree in trees:
        if content.is_relative_to(tree.resolve()):
            below = content.relative_to(tree.resolve()).as_posix()
            return "" if below == "." else below
    return ""


def _posts(root: Path, content: Path) -> str:
    """Return `_posts` if that folder holds dated files, in a folder or in one of its folders."""
    if content.name == "_posts":
        folders = [content]
    else:
        try:
            folders = [root / "_posts", *(each / "_posts" for each in root.iterdir())]
        except OSError:
            return ""
    for folder in folders:
        try:
            if any(_DATED.fullmatch(each.name) for each in folder.iterdir()):
                return "_posts"
        except OSError:
            continue
    return ""


def _depends(root: Path, name: str) -> bool:
    values = _values(root / "package.json") or {}
    packages = [values.get(key) for key in ("dependencies", "devdependencies")]
    return any(
        _PACKAGES.get(package) == name
        for each in packages
        if isinstance(each, dict)
        for package in each
    )


def _values(path: Path) -> Mapping[str, Any] | None:
    """Return what a file of configuration says, by key in lower case; None if there is none."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        text = path.read_text(encoding="utf-8-sig")
        values = _PARSERS.get(path.suffix, _script)(text)
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
    found = {}
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


_PARSERS = {
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
