"""Hexo: posts in `source/_posts`, permalink patterns with the date, tag plugins in the text."""

import re
from collections.abc import Mapping
from pathlib import Path
from posixpath import basename, splitext
from typing import Any

from feedsvc.model import Tree
from feedsvc.sources.generators import configs, liquid
from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import Program
from feedsvc.sources.generators.patterns import date_parts, split_date, words

_KEYS = KEYS | {"published": ("date",), "updated": ("updated", "lastmod")}
_TOKEN = re.compile(r":([a-z_]+)")
_SPACES = re.compile(r"\s+")


def _complete(file: File, own: Own) -> None:
    own.setdefault("published", split_date(file.stem)[0])
    for key in ("categories", "tags"):  # a list within a list is one path of categories
        if isinstance(own.get(key), list):
            own[key] = [
                name for each in own[key] for name in (each if isinstance(each, list) else [each])
            ]


def _title(file: File) -> str:
    """Return the path of a post without the date that the configuration puts before the title."""
    path = splitext(file.path)[0]
    name = basename(path)
    if ":year" in file.option("new_post_name"):
        name = split_date(name)[1]
    return path.removesuffix(basename(path)) + name


def _url(file: File, own: Own) -> str:
    if written := file.text("permalink"):
        return "/" + written.lstrip("/").removesuffix("index.html")
    moment = file.moment(own.get("published"))
    if moment is None:
        return ""
    title = _title(file)
    categories = [_SPACES.sub("-", str(each)) for each in words(own.get("categories"), "\n")]
    values = date_parts(moment.astimezone(file.zone)) | {
        "title": title,
        "name": basename(title),
        "post_title": _SPACES.sub("-", str(own.get("title") or "").lower()),
        "category": "/".join(categories) or file.option("default_category", "uncategorized"),
    }
    pattern = file.option("permalink", ":year/:month/:day/:title/")
    return "/" + _TOKEN.sub(lambda token: values.get(token[1], token[0]), pattern).lstrip("/")


def _markup(file: File, body: str, links: Links) -> str:
    def more(tag: liquid.Tag) -> str | None:
        slug, _, rest = tag.arguments.partition(" ")
        if tag.name == "asset_img":
            return f"![{rest}]({slug})"
        if tag.name == "post_link":
            found = links.by_tail(slug.removesuffix(".md"), lambda path: path)
            return f"[{rest or slug}]({found or links.unresolved(tag.written, slug)})"
        return None

    return render(file, liquid.reduce(file, body, links, more))


class _Hexo(Program):
    def folders(self, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the folder of posts."""
        return (f"{configs.text(values, 'source_dir', 'source')}/_posts",)

    def configured(self, root: Path, content: Path) -> Tree | None:
        """Return the tree; other programs also call their files `_config.yml`."""
        has_key = "new_post_name" in self.config(root)[1]
        return super().configured(root, content) if has_key else None


GENERATOR = _Hexo(
    name="hexo",
    layout=Convention(
        keys=_KEYS, url=_url, complete=_complete, markup=_markup, endings=(".md", ".markdown")
    ),
    configs=("_config.yml", "_config.yaml", "_config.json"),
    wanted=frozenset({"permalink", "new_post_name", "default_category"}),
    package="hexo",
)
