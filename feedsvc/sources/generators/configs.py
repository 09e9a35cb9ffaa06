"""Reads configuration files as data. Runs and raises nothing."""

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from itertools import repeat
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml

from feedsvc import syntax

Config = dict[str, Any]  # by key in lower case; scalars are texts

DATA = frozenset({".toml", ".yaml", ".yml", ".json"})  # endings of files that are data
_MAX_SIZE = 200_000  # bytes
_MAX_LINE = 1000  # characters; limits the depth of YAML's blocks
_MAX_BRACKETS = 1000
_MAX_VALUES = 20_000
_MAX_DEPTH = 30


def read(path: Path) -> Config | None:
    """Return the values of a file; None if it is missing or unreadable."""
    text = source(path)
    if text is None:
        return None
    parse: Callable[[str], Any] = _PARSERS.get(path.suffix, _script)
    try:
        values = parse(text)
        is_table = isinstance(values, dict)
        return dict(_plain(values, repeat(None, _MAX_VALUES))) if is_table else {}
    except (ValueError, SyntaxError, RecursionError, MemoryError, yaml.YAMLError):
        return None


def source(path: Path) -> str | None:
    """Return the text of a file; None if it is missing, too large or unreadable."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_SIZE:
            return None
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return None


def merge(low: Mapping[str, Any], high: Mapping[str, Any]) -> Config:
    """Merge two mappings, and tables within them. Values of the second take precedence."""
    merged = {**low, **high}
    for key in low.keys() & high.keys():
        if isinstance(low[key], dict) and isinstance(high[key], dict):
            merged[key] = merge(low[key], high[key])
    return merged


def value(values: Any, key: str) -> Any:
    """Return the value at a dotted key; None if there is none."""
    for part in key.split("."):
        values = values.get(part) if isinstance(values, Mapping) else None
    return values


def text(values: Any, key: str, default: str = "") -> str:
    """Return the text at a dotted key, or the default."""
    found = value(values, key)
    return found if isinstance(found, str) and found else default


def table(values: Any, key: str) -> Mapping[str, Any]:
    """Return the table at a dotted key; empty if there is none."""
    found = value(values, key)
    return found if isinstance(found, dict) else {}


def lowered(values: Mapping[Any, Any]) -> Config:
    """Return a table with its keys in lower case."""
    return {str(key).lower(): each for key, each in values.items()}


def tables(found: Any) -> list[Mapping[str, Any]]:
    """Return a table, or the tables of a list, as a list."""
    listed = found if isinstance(found, list) else [found]
    return [each for each in listed if isinstance(each, dict)]


_NAMES = {
    "title": ("title", "sitename"),
    "base_url": ("base_url", "baseurl", "siteurl", "url", "site"),
    "language": (
        *("languagecode", "defaultcontentlanguage", "default_language", "default_lang"),
        *("language", "locale", "lang"),
    ),
    "timezone": ("timezone",),
}
_VALID: Mapping[str, Callable[[str], bool]] = {
    "title": syntax.is_line,
    "base_url": syntax.is_url,
    "language": syntax.is_language,
    "timezone": lambda name: name in available_timezones(),
}


def site(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the title, base_url, language and timezone of a site from its configuration.

    Values of another form are left out.
    """
    found = {}
    for key, names in _NAMES.items():
        texts = [text(values, name) for name in names]
        if key == "language":
            texts = [each.replace("_", "-").partition(".")[0] for each in texts]
        if valid := [each for each in texts if each and _VALID[key](each)]:
            found[key] = valid[0]
    path = text(values, "baseurl")
    if "base_url" in found and path.startswith("/"):  # of Jekyll and Docusaurus
        found["base_url"] = found["base_url"].rstrip("/") + path.rstrip("/")
    return found


def with_endings(*names: str) -> tuple[str, ...]:
    """Return names of files in the formats TOML, YAML and JSON."""
    return tuple(f"{name}.{ending}" for name in names for ending in ("toml", "yaml", "yml", "json"))


def scripts(*names: str) -> tuple[str, ...]:
    """Return names of files in JavaScript."""
    return tuple(f"{name}.{ending}" for name in names for ending in ("js", "mjs", "cjs", "ts"))


def _plain(value: Any, room: Iterator[None], depth: int = 0) -> Any:
    """Return a copy with keys in lower case and texts for scalars.

    Raises ValueError for too many values, which a short text with YAML aliases can expand to.
    """
    if depth > _MAX_DEPTH or next(room, room) is room:
        raise ValueError
    if isinstance(value, dict):
        return {str(key).lower(): _plain(each, room, depth + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, room, depth + 1) for each in value]
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _yaml(text: str) -> Any:
    nesting = text.count("[") + text.count("{")
    if nesting > _MAX_BRACKETS or max(map(len, text.splitlines()), default=0) > _MAX_LINE:
        return {}
    return yaml.load(text, yaml.BaseLoader)  # noqa: S506 - all of its scalars are texts


def _python(text: str) -> Mapping[str, Any]:
    """Return the literals that a Python file assigns, and other names in the list `computed`."""
    values: dict[str, Any] = {}
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign):
            names = [each.id for each in statement.targets if isinstance(each, ast.Name)]
            try:
                values.update(dict.fromkeys(names, ast.literal_eval(statement.value)))
            except ValueError:
                values.setdefault("computed", []).extend(names)
    return values


_SITE = re.compile(r"""\b(title|url|baseUrl|site)\s*:\s*["']([^"'\n]+)["']""")
_INPUT = re.compile(r"""\binput\s*:\s*["']([^"'\n]+)["']""")
_CALL = re.compile(r"""\b([A-Za-z]\w{2,30})\s*[(:]\s*["'`]?([\w-]{0,30})""")


def _script(text: str) -> Mapping[str, Any]:
    """Return the title and URL of a site, the folder `input`, and the names of `calls` and keys."""
    found = _INPUT.search(text)
    calls = {each for call in _CALL.finditer(text) for each in (call[1], f"{call[1]} {call[2]}")}
    values = dict(reversed(_SITE.findall(text)))  # the first of each
    return {**values, "calls": sorted(calls)} | ({"input": found[1]} if found else {})


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".yaml": _yaml,
    ".yml": _yaml,
    ".json": json.loads,
    ".py": _python,
}
