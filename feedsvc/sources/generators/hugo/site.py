"""How a Hugo site is configured: one file, or a folder of files for each environment."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import normpath
from typing import Any

from feedsvc.sources.generators import configs, feeds
from feedsvc.sources.generators.detect import Program
from feedsvc.sources.generators.hugo.places import languages
from feedsvc.sources.generators.patterns import is_tame, words

_FOLDERS = ("config/_default", "config/production")
_DATED = re.compile(r"\{\{-?\s*\.Date\b")
_WHOLE = ("hugo", "config")  # files with top-level keys; others are named after their key


class Hugo(Program):
    """Hugo; its files are merged as `hugo build` merges them."""

    def config(self, root: Path) -> tuple[str, configs.Config]:
        """Return the name of the first file of configuration, and the values of all of them."""
        name, values = super().config(root)
        if not name:
            return "", {}
        for folder in _FOLDERS:
            for path in _files(root / folder):
                key = path.stem.lower()
                found = configs.read(path) or {}
                for part in () if key in _WHOLE else reversed(key.split(".")):
                    found = {part: found}
                values = configs.merge(values, found)
        return name, values

    def folders(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the folder of content, and the folders of languages that are not in it."""
        main = configs.text(values, "contentdir", self.trees[0])
        own = [configs.text(each, "contentdir") for each in languages(values).values()]
        return tuple(dict.fromkeys([main, *map(normpath, filter(None, own))]))

    def searched(self, root: Path, values: Mapping[str, Any]) -> configs.Config:  # noqa: ARG002
        """Return options from the templates of the site's own feeds.

        feeds: ids that are not the URL of an article. feeddate: the first template that shows
        `date` instead of `publishDate`.
        """
        folders = [root / "layouts", *sorted((root / "themes").glob("*/layouts"))]
        found = feeds.templates(root, folders, lambda name: name.endswith(".xml"))
        dated = [path for path, text in found.items() if any(map(_DATED.match, feeds.dates(text)))]
        return {"feeds": feeds.unread(found, ".Permalink"), "feeddate": (dated or [""])[0]}

    def unread(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield keys whose values are not evaluated."""
        for key, names in configs.table(options, "frontmatter").items():
            for name in words(names):
                if str(name).lower() in {":filemodtime", ":git"}:
                    yield f"frontmatter.{key}: {name}", "dates"
        for pattern in words(options.get("ignorefiles")):
            if not is_tame(str(pattern)):
                yield f"ignoreFiles: {pattern}", "the list of articles"
        mounts = configs.tables(configs.value(options, "module.mounts"))
        if any(configs.text(each, "target").startswith("content") for each in mounts):
            yield "module.mounts", "the URLs of mounted files"
        if isinstance(options.get("permalinks"), list):
            yield "permalinks", "URLs"
        yield from _unread_languages(options)


def _unread_languages(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, each in languages(options).items():
        if configs.text(each, "baseurl"):
            yield f"languages.{key}.baseURL", f"the URLs of the language {key}"
    key = "defaultContentLanguageInSubdir"
    if configs.text(options, key.lower()) == "true" and len(languages(options)) < 2:
        yield key, "with one language, URLs, in which Hugo before 0.115 writes no language,"


def _files(folder: Path) -> list[Path]:
    try:
        found = [each for each in folder.iterdir() if each.suffix in configs.DATA]
    except OSError:
        return []
    return sorted(found, key=lambda path: (path.stem.lower() not in _WHOLE, path.name))
