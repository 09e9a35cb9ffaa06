"""Eleventy: URLs from paths, data in JSON for folders and files, Liquid or Nunjucks in texts."""

import re
from collections.abc import Mapping
from pathlib import Path
from posixpath import basename, join
from typing import Any

from feedsvc.sources.generators import configs, feeds, liquid
from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import JSON_FEED, Program
from feedsvc.sources.generators.patterns import rolled_over, split_date, words

# Usual names of collections, which say nothing about the subject of an article.
_COLLECTIONS = frozenset({"all", "post", "posts", "blog", "nav"})
_KEYS = KEYS | {
    "published": ("date", "pubdate"),
    "updated": ("updated", "modified", "lastmod", "updateddate"),
    "image": ("image", "heroimage"),
}
# Folders of templates and data, which have no articles.
_HIDDEN = frozenset({"_includes", "_layouts", "_data", "_site", "_components"})
_SCRIPTS = (".11tydata.js", ".11tydata.mjs", ".11tydata.cjs", ".11tydata.ts")


def without_collections(own: Own) -> None:
    """Remove the names of collections from the tags."""
    tags = own.get("tags")
    tags = [tags] if isinstance(tags, str) else tags
    if isinstance(tags, list):
        own["tags"] = [tag for tag in tags if str(tag).lower() not in _COLLECTIONS]


def with_javascript_dates(own: Own) -> None:
    """Replace days that do not exist by the dates that JavaScript converts them to."""
    for key in ("published", "updated"):
        if isinstance(own.get(key), str):
            own[key] = rolled_over(own[key])


def _data(file: File) -> list[str]:
    """Return the paths of the data files for a file and its folders, best first."""
    found = []
    for folder in file.folders:
        name = basename(folder or file.tree.rstrip("/"))
        if name not in {"", "."}:
            found += [join(folder, f"{name}.11tydata.json"), join(folder, f"{name}.json")]
    own = join(file.folder, file.stem)
    return [f"{own}.11tydata.json", f"{own}.json", *found]


def _inherit(file: File) -> Mapping[str, Any]:
    """Return front matter merged with data; the tags of all of them are combined."""
    inherited: configs.Config = {}
    tags: list[Any] = []
    for values in (*reversed(list(file.data.values())), file.written):
        inherited = configs.merge(inherited, values)
        tags += words(values.get("tags"), "\n")
    inherited |= configs.lowered(configs.table(inherited, "eleventycomputed"))
    return inherited | ({"tags": [each for each in tags if each]} if tags else {})


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _date(file: File) -> Any:
    """Return the date of a file, or else the date in its path."""
    in_path = _DATE.search(file.path)
    return file.written.get("date") or (in_path[0] if in_path else "")


def _complete(file: File, own: Own) -> None:
    without_collections(own)
    own.setdefault("published", _date(file))
    with_javascript_dates(own)
    if file.text("permalink") == "false" or file.written.get("permalink") is False:
        own["draft"] = True
    if str(file.written.get("eleventyexcludefromcollections")).lower() == "true":
        own["feeds"] = False


_OUTPUT = re.compile(r"\{\{-?\s*([\w.]+)\s*((?:\|[^{}|]*)*)-?\}\}")
_STRFTIME = re.compile(r"date:?\s*\(?\s*[\"']((?:%[YmdyjHMSe]|[-/_.])+)[\"']\s*\)?")


def _permalink(file: File) -> str | None:
    """Return the path that `permalink` names; None if only Eleventy can compute it."""

    def fill(output: re.Match[str]) -> str:
        filters = [each.strip() for each in output[2].split("|")[1:]]
        return _value(file, output[1].removeprefix("page."), filters) or output[0]

    filled = _OUTPUT.sub(fill, file.text("permalink"))
    return None if "{{" in filled or "{%" in filled else filled


def _value(file: File, name: str, filters: list[str]) -> str:
    """Return the value of an output in a permalink; '' if it is not understood."""
    if name == "date" and len(filters) == 1:
        form, moment = _STRFTIME.fullmatch(filters[0]), file.moment(_date(file))
        if not (form and moment):
            return ""
        return f"{moment:{form[1].replace('%e', str(moment.day))}}"
    stem = split_date(file.stem)[1]
    slug = split_date(basename(file.folder))[1] if stem == "index" else stem
    known = {"fileSlug": slug, "filePathStem": f"/{file.folder}/{stem}"}
    value = known.get(name) or file.text(name.lower())
    for each in filters:
        if each not in {"slug", "slugify", "url"} or not value.isascii():
            return ""
        if each != "url" and name not in known:
            value = re.sub(r"[^a-z0-9]+", "-", value.lower().replace("&", " and ")).strip("-")
    return value


def _url(file: File, _own: Own) -> str:
    written = file.text("permalink")
    if written and written != "false" and (path := _permalink(file)):
        return _served(path)
    name = file.stem
    is_index = name == "index" or basename(file.folder) == name
    return f"/{file.folder}/{'' if is_index else f'{name}/'}".replace("//", "/")


def _served(output: str) -> str:
    """Return the URL of an output file."""
    url = re.sub("/{2,}", "/", f"/{output}")
    return url.removesuffix("index.html") if url.endswith("/index.html") else url


def _markup(file: File, body: str, links: Links) -> str:
    permalink = file.text("permalink")
    if _permalink(file) is None:
        message = (
            f"`permalink` {permalink!r} needs Eleventy; the path of the file is used instead, so "
            f"the URL may be wrong; {JSON_FEED}"
        )
        links.warn("not-evaluated", message, permalink)
    return render(file, liquid.reduce(file, body, links, lambda _tag: None))


def _is_page(file: File, own: Own) -> bool:
    return file.path == "index.md" or not (file.folder or own.get("published"))


def _unread(name: str) -> str:
    if not name.endswith(_SCRIPTS):
        return ""
    return (
        "is JavaScript, which is not run: URLs (`permalink`), dates and tags that it sets may be "
        f"wrong; write them as JSON, in {name.partition('.')[0]}.11tydata.json, or else {JSON_FEED}"
    )


_FEED = re.compile(r"(?i).*(?:feed|rss|atom|\.xml).*\.(?:njk|liquid|html)")


class _Eleventy(Program):
    def searched(self, root: Path, values: Mapping[str, Any]) -> configs.Config:
        """Return options, with the ids of feeds that are not the URL of an article."""
        folder = root / configs.text(values, "input", ".")
        found = feeds.templates(folder, [folder], lambda name: bool(_FEED.fullmatch(name)))
        return {"feeds": feeds.unread(found, ".url")}


GENERATOR = _Eleventy(
    name="eleventy",
    layout=Convention(
        keys=_KEYS,
        url=_url,
        complete=_complete,
        data=_data,
        inherit=_inherit,
        markup=_markup,
        is_page=_is_page,
        is_hidden=lambda name: name.startswith(".") or name in _HIDDEN,
        is_data=lambda name: name.endswith((".json", *_SCRIPTS)) and name != "package.json",
        unread=_unread,
    ),
    configs=(".eleventy.js", *configs.scripts("eleventy.config")),
    wanted=frozenset({"input"}),
    calls={
        "addGlobalData permalink": "URLs",
        "addGlobalData date": "dates",
        "addGlobalData eleventyComputed": "URLs and dates",
        "addUrlTransform": "URLs",
        "addDateParsing": "dates",
    },
    package="@11ty/eleventy",
)
