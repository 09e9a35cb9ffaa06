"""Which program a tree of articles was written for, and what its configuration says of URLs.

Reads configuration as data and executes none of it. Whatever cannot be read says nothing; nothing
here raises.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
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
    the program's configuration, by dotted key in lower case. tree: which of its folders of
    articles the content is in, '' where that is not known.
    """

    name: str = PLAIN
    sign: str = ""
    below: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    tree: str = ""


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
    if name == PLAIN:
        return Generator()
    for root in _roots(content, site):
        config = _config(name, root)
        if config:
            said = config[1]
            tree, below = _below(name, said, root, content) or ("", "")
            return Generator(name, "", below, dict(_flat(said)), tree)
    return Generator(name, below=_usual(name, content))


def detect(content: Path, site: Path) -> Generator:
    """Tell which program a content folder was made for; feedsvc itself where that is in doubt.

    A configuration says more than a trace, and the nearest folder that says anything decides.
    """
    for look in (_configured, _traced):
        for root in _roots(content, site):
            found = [each for name in _KINDS if (each := look(name, root, content))]
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


def _usual(name: str, content: Path) -> str:
    """Return where a content folder is in its program's tree, judged by its name alone."""
    of_itself = name == "astro" or (name == "jekyll" and content.name == "_posts")
    return content.name if of_itself else ""


def _configured(name: str, root: Path, content: Path) -> Generator | None:
    """Return the generator if its configuration is in a folder, and the content is its tree."""
    sign, said = _config(name, root) or ("", {})
    place = _below(name, said, root, content) if sign else None
    # Many sites have Jekyll's configuration, but articles only below this folder.
    if place is None or (name == "jekyll" and not _has_posts(content)):
        return None
    tree, below = place
    return Generator(name, sign, below, dict(_flat(said)), tree)


def _traced(name: str, root: Path, content: Path) -> Generator | None:
    """Return the generator if something else in a folder is of its making."""
    if name == "jekyll":
        found = root == content and _has_posts(content)
        return Generator(name, "_posts", _usual(name, content)) if found else None
    place = _below(name, {}, root, content)
    if place is None:
        return None
    tree, below = place
    if name in _PACKAGES.values() and _depends(root, name):
        return Generator(name, "package.json", below, tree=tree)
    if name == "hugo" and (root / "archetypes/default.md").is_file():
        return Generator(name, "archetypes/default.md", below, tree=tree)
    return None


def _config(name: str, root: Path) -> tuple[str, Mapping[str, Any]] | None:
    """Return a configuration in a folder: its name, and what it says of URLs."""
    kind = _KINDS[name]
    for config in kind.configs:
        values = _values(root / config)
        # Others call their files so, too.
        if values is None or (config.partition(".")[0] == "config" and "baseurl" not in values):
            continue
        return config, {key: value for key, value in values.items() if key in kind.wanted}
    return None


def _below(name: str, said: Mapping[str, Any], root: Path, content: Path) -> tuple[str, str] | None:
    """Return a site's tree of articles, and where the content is in it; None if it is outside."""
    own = said.get("contentdir") or said.get("path") or said.get("input")
    trees = (str(own),) if isinstance(own, str) and own else _KINDS[name].trees
    for tree in trees:
        top = (root / tree).resolve()
        if content.is_relative_to(top):
            below = content.relative_to(top).as_posix()
            return tree, below.removeprefix(".")
    return None


def _has_posts(content: Path) -> bool:
    """Tell whether `_posts` holds dated files: this folder, one in it, or one in a folder in it."""
    try:
        folders = [content] if content.name == "_posts" else [content / "_posts"]
        folders += [each / "_posts" for each in content.iterdir() if each.is_dir()]
    except OSError:
        return False
    return any(map(_has_dated, folders))


def _has_dated(folder: Path) -> bool:
    try:
        return any(_DATED.fullmatch(each.name) for each in folder.iterdir())
    except OSError:
        return False


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
