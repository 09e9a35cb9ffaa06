"""Docusaurus: the blog, with dates in file and folder names, and MDX."""

import re
from posixpath import splitext
from typing import Any

from feedsvc.sources import frontmatter
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.generators import configs, mdx
from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import Program

_KEYS = KEYS | {"published": ("date",), "updated": ("last_update", "updated")}
# `2022-01-01-title`, `2022-01-01/title`, `2022/01/01/title`, each also as a folder with `index`.
_DATED = re.compile(r"(?:.*/)?(\d{4})[-/](\d{1,2})[-/](\d{1,2})[-/]?(.*?)(?:/index)?")
_ADMONITION = re.compile(
    r"(?m)^:{3,}[ \t]*(?:\w+[ \t]*)?(?:\[([^\]\n]*)\]|([^\n{]*))(?:\{[^\n]*\})?$"
)
_TRUNCATE = re.compile(r"<!--\s*truncate\s*-->|\{/\*\s*truncate\s*\*/\}")

_AUTHORS = "authors.yml"


def _split(path: str, text: str) -> tuple[FrontMatter, str]:
    is_data = path.endswith(_AUTHORS)
    return frontmatter.split(f"---\n{text.strip()}\n---\n" if is_data else text)


def _author(file: File, author: Any) -> Any:
    """Return an author by its key in authors.yml, merged with the values in the article."""
    own = author if isinstance(author, dict) else {"key": author}
    known = file.data.get(_AUTHORS, {}).get(str(own.get("key", "")).lower())
    return {**known, **own} if isinstance(known, dict) else author


def _complete(file: File, own: Own) -> None:
    if authors := own.get("authors"):
        listed = authors if isinstance(authors, list) else [authors]
        own["authors"] = [_author(file, each) for each in listed]
    if found := _DATED.fullmatch(splitext(file.path)[0]):
        own.setdefault("published", f"{found[1]}-{found[2]:0>2}-{found[3]:0>2}")
    updated = own.get("updated")
    if isinstance(updated, dict):
        own["updated"] = updated.get("date") or ""
    tags = own.get("tags")
    if isinstance(tags, list):
        own["tags"] = [each.get("label") if isinstance(each, dict) else each for each in tags]


def _url(file: File, _own: Own) -> str:
    path = splitext(file.path)[0]
    if slug := file.text("slug").lstrip("/"):
        return f"/blog/{slug}"
    if found := _DATED.fullmatch(path):
        path = "/".join(filter(None, (found[1], f"{found[2]:0>2}", f"{found[3]:0>2}", found[4])))
    return f"/blog/{path.removesuffix('/index')}"


def _markup(file: File, body: str, links: Links) -> str:
    body = _TRUNCATE.sub("<!--more-->", body)
    body = _ADMONITION.sub(
        lambda mark: f"\n**{title}**\n" if (title := mark[1] or mark[2]) else "", body
    )
    return render(file, mdx.reduce(body, links))


GENERATOR = Program(
    name="docusaurus",
    layout=Convention(
        keys=_KEYS,
        url=_url,
        complete=_complete,
        split=_split,
        data=lambda _file: [_AUTHORS],
        markup=_markup,
        endings=(".md", ".mdx"),
        is_data=lambda name: name == _AUTHORS,
    ),
    configs=configs.scripts("docusaurus.config"),
    wanted=frozenset({"calls"}),
    calls={"routeBasePath": "URLs", "trailingSlash true": "URLs"},
    trees=("blog",),
    package="@docusaurus/core",
)
