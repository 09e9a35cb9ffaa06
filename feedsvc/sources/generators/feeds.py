"""Finds ids and dates in the templates of a site's own feeds, in Liquid, Nunjucks or Go."""

import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from feedsvc.html.text import names
from feedsvc.sources.generators import configs

_MOST_FILES = 5000
_DEEPEST = 3  # folders
_LONGEST = 30_000  # characters of a template
_SKIPPED = frozenset({"node_modules", "vendor", "_site", "dist", "public"})
_LOOP = re.compile(r"\{%-?\s*for\b|\{\{-?\s*range\b")
_ITEM = re.compile(r"<(?:entry|item)\b")
_ID = re.compile(r"<(?:id|guid)\b[^<>]*>\s*([^<>]*?)\s*</(?:id|guid)>")
_DATE = re.compile(r"<pubDate>\s*([^<>]*?)\s*</pubDate>")
_BLOCK = re.compile(
    r"\{%-?\s*(?:set|capture)\s+(\w+)\s*-?%\}(.*?)\{%-?\s*end(?:set|capture)\s*-?%\}", re.DOTALL
)
_VALUE = re.compile(r"\{%-?\s*(?:set|assign)\s+(\w+)\s*=\s*([^%]*?)\s*-?%\}")
_OUTPUT = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_ABSOLUTE = names("url absoluteUrl htmlBaseUrl absolute_url prepend absURL")
# Filters that make a URL absolute or escape it; others may change it.
_HARMLESS = _ABSOLUTE | names("safe html escape e xml_escape cgi_escape safeHTML strip trim")


def templates(root: Path, folders: Iterable[Path], fits: Callable[[str], bool]) -> dict[str, str]:
    """Return the texts of the templates of feeds below some folders, by path relative to the root.

    fits: returns whether a feed template may have this file name.
    """
    return {
        path.relative_to(root).as_posix(): text[:_LONGEST]
        for folder in folders
        for path in _files(folder, fits)
        if _ITEM.search(text := configs.source(path) or "")
    }


def _files(folder: Path, fits: Callable[[str], bool]) -> Iterator[Path]:
    waiting = deque([(folder, 0)])
    seen = 0
    while waiting and seen < _MOST_FILES:
        top, depth = waiting.popleft()
        try:
            entries = sorted(os.scandir(top), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            seen += 1
            is_folder = entry.is_dir(follow_symlinks=False)
            is_skipped = entry.name.startswith(".") or entry.name in _SKIPPED
            if is_folder and depth < _DEEPEST and not is_skipped:
                waiting.append((Path(entry.path), depth + 1))
            elif not is_folder and fits(entry.name):
                yield Path(entry.path)


def ids(template: str) -> list[str]:
    """Return the ids of items in the template of a feed, with variables replaced."""
    values = {name: f"{{{{ {value} }}}}" for name, value in _VALUE.findall(template)}
    values |= {name: value.strip() for name, value in _BLOCK.findall(template)}

    def replaced(output: re.Match[str]) -> str:
        return values.get(output[1], output[0])

    return [_OUTPUT.sub(replaced, each) for each in _in_items(template, _ID)]


def dates(template: str) -> list[str]:
    """Return the dates of publication of items in the template of a feed."""
    return _in_items(template, _DATE)


def _in_items(template: str, pattern: re.Pattern[str]) -> list[str]:
    loop = _LOOP.search(template)
    return pattern.findall(template, loop.start()) if loop else []


def is_plain(written: str, *values: str) -> bool:
    """Return whether an id is one of some values, such as `.url`, as an absolute URL."""
    outputs = [each.split("|") for each in _OUTPUT.findall(written)]
    before = written.partition("{{")[0]
    if not outputs or not written.endswith("}}") or (before and "://" not in before):
        return False
    filters = [re.match(r"\s*(\w*)", each) for output in outputs for each in output[1:]]
    used = {found[1] for found in filters if found}
    is_absolute = before or len(outputs) > 1 or used & _ABSOLUTE or ".Permalink" in values
    return bool(is_absolute and outputs[-1][0].strip().endswith(values) and used <= _HARMLESS)


def unread(templates: Mapping[str, str], *values: str) -> list[str]:
    """Return the ids in templates that are not one of some values; see `is_plain`."""
    found: dict[str, str] = {}
    for path, text in templates.items():
        for each in ids(text):
            if not is_plain(each, *values):
                found.setdefault(" ".join(each.split()), path)
    return [f"{path}: {written}" for written, path in found.items()]
