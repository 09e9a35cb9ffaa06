"""Reads feedsvc's own trees, in which common front-matter keys of other programs are accepted."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import chain
from typing import Any

from feedsvc import dates, features, html, urls
from feedsvc.sources.frontmatter import FrontMatter, split
from feedsvc.sources.protocol import Written

# For each key of the core, other names for it. The key itself takes precedence.
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "published": ("date",),
    "updated": ("lastmod", "modified"),
    "summary": ("description", "excerpt"),
    "authors": ("author",),
    "categories": ("category",),
    "tags": ("tag", "keywords"),
    "language": ("lang",),
}


class PlainReader:
    """Reads the files of a plain tree; see `trees.Reader`."""

    def split(self, path: str, text: str) -> tuple[FrontMatter, str]:  # noqa: ARG002
        """Split a text into its front matter and body. Raises ArticleError."""
        return split(text)

    def translate(self, path: str, text: str, front: FrontMatter, body: str) -> Written:
        """Return a file with feedsvc's front-matter keys, and its body as HTML."""
        raw = body if path.endswith(".html") else html.markdown(body)
        return Written(text, own_keys(path, front), body, raw)


def own_keys(path: str, front: FrontMatter) -> FrontMatter:
    """Return front matter with feedsvc's keys, and with a date and slug from the file's name."""
    values = dict(front.values)
    names: dict[str, str] = {}
    for key, synonyms in _synonyms().items():
        found = {name: values.pop(name) for name in synonyms if name in values}
        written = next((name for name, value in found.items() if _is_set(value)), None)
        if written and not _is_set(values.get(key)):
            values[key], names[key] = found[written], written
    tags = values.get("tags")
    if isinstance(tags, str) and "," in tags:
        values["tags"] = [tag for tag in tags.split(",") if tag.strip()]
    day, rest = dates.dated_name(stem(path))
    if day and "published" not in values:
        values["published"] = day
        if rest and not _is_set(values.get("slug")):
            values["slug"] = rest
    return replace(front, values=values, names=names)


@cache
def _synonyms() -> Mapping[str, tuple[str, ...]]:
    of_features = (each.synonyms.items() for each in features.installed())
    return dict(chain(_SYNONYMS.items(), *of_features))


def stem(path: str) -> str:
    """Return the name of an article's file without its suffix; for `index`, the folder's name."""
    folder, name = os.path.split(os.path.splitext(path)[0])
    return os.path.basename(folder) if name == "index" and folder else name


def slug_of(path: str, written: str) -> str:
    """Return the slug of the article in a file: as written, or from the file's name."""
    return urls.term(html.xml_safe(written or stem(path)))


def _is_set(value: Any) -> bool:
    return value is not None and value != ""
