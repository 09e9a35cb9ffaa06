"""Astro: collections of Markdown and MDX, whose paths become slugs, and pages.

The code of pages is searched for the URLs of articles. Code that differs from Astro's own examples
is reported.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from posixpath import splitext
from typing import Any

from feedsvc.sources.generators import configs, mdx
from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import JSON_FEED, Program
from feedsvc.sources.generators.eleventy import with_javascript_dates, without_collections
from feedsvc.sources.generators.patterns import github_slug

_ENDINGS = (".md", ".markdown", ".mdx")
_PAGES = "src/pages"
_KEYS = KEYS | {
    "published": ("pubdate", "publishdate", "pubdatetime", "published", "date"),
    "updated": ("updateddate", "updated", "moddatetime", "modified", "lastmod"),
    "image": ("heroimage", "image", "ogimage", "cover"),
}


def _complete(file: File, own: Own) -> None:
    without_collections(own)
    with_javascript_dates(own)
    image = file.written.get("image")
    if isinstance(image, dict):  # url and alt, as in Astro's tutorial
        own["image"] = image.get("url") or image.get("src") or ""


def _url(file: File, _own: Own) -> str:
    path = splitext(file.path)[0]
    if file.tree == _PAGES:
        return f"/{path}".removesuffix("/index") + "/"
    collection, name = path.split("/", 1) if "/" in path else ("", path)
    slug = file.text("slug")
    if not slug:
        slug = "/".join(map(github_slug, name.split("/"))).removesuffix("/index")
    return f"/{file.options.get('routes', {}).get(collection, collection)}/{slug}/".replace(
        "//", "/"
    )


def _markup(file: File, body: str, links: Links) -> str:
    collection = file.path.partition("/")[0]
    is_known = file.tree == _PAGES or collection in file.options.get("routes", {collection})
    if not is_known and "/" in file.path:
        message = (
            f"is in the collection `{collection}`, and no page in {_PAGES} shows its articles; the "
            f"URL /{collection}/... may be wrong; if so, {JSON_FEED}"
        )
        links.warn("not-evaluated", message, body)
    return render(file, mdx.reduce(body, links) if file.path.endswith(".mdx") else body)


_MOST_PAGES = 1000
_PAGE = re.compile(r"(?P<folder>[^\[\]]*)\[(?:\.\.\.)?(?P<name>\w+)\](?:/index)?\.astro")
_COLLECTION = re.compile(r"""\bgetCollection\(\s*["'`]([\w-]+)["'`]""")
_PARAMS = re.compile(r"\bparams\s*:\s*\{\s*(\w+)\s*:\s*\w+\.(?:slug|id)\s*,?\s*\}")
_LINK = re.compile(r"(?<![\w.])link\s*:\s*(?!string\b)([^\n]*?)\s*,?\s*(?=\n|$)")
_PLAIN_LINK = re.compile(r"`/?(?P<folder>(?:[\w.-]+/)*)\$\{\w+\.(?:slug|id)\}/?`")
_NO_SLASH = re.compile(r"\btrailingSlash\s*:\s*false\b")


class _Astro(Program):
    """Astro; the pages that show each collection, and the site's own feeds, are searched."""

    def searched(self, root: Path, values: Mapping[str, Any]) -> configs.Config:  # noqa: ARG002
        """Return options, with `routes`: the folder of the page of each collection, as `blog/`."""
        codes = dict(_codes(root))
        routes = _routes(codes)
        return {"routes": routes, "feeds": list(_unread_feeds(codes, routes))}


def _codes(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the path and the code of dynamic pages and of feeds."""
    pages = root / _PAGES
    found = sorted(pages.rglob("*"))[:_MOST_PAGES] if pages.is_dir() else []
    for path in found:
        name = path.relative_to(pages).as_posix()
        if _PAGE.fullmatch(name) or path.name.endswith((".xml.js", ".xml.ts")):
            yield name, configs.source(path) or ""


def _routes(codes: Mapping[str, str]) -> dict[str, str]:
    """Return the folder of the page of each collection, if exactly one page shows it."""
    routes: dict[str, set[str]] = {}
    for name, code in codes.items():
        page, params = _PAGE.fullmatch(name), _PARAMS.search(code)
        collections = set(_COLLECTION.findall(code))
        if page and params and params[1] == page["name"] and len(collections) == 1:
            routes.setdefault(collections.pop(), set()).add(page["folder"])
    return {collection: min(found) for collection, found in routes.items() if len(found) == 1}


def _unread_feeds(codes: Mapping[str, str], routes: Mapping[str, str]) -> Iterator[str]:
    for name, code in codes.items():
        if name.endswith(".astro"):
            continue
        for link in _LINK.findall(code):
            plain = _PLAIN_LINK.fullmatch(link)
            if not plain or plain["folder"] not in routes.values():
                yield f"{_PAGES}/{name}: link: {link}"
        if _NO_SLASH.search(code):
            yield f"{_PAGES}/{name}: trailingSlash: false"


GENERATOR = _Astro(
    name="astro",
    layout=Convention(keys=_KEYS, url=_url, complete=_complete, markup=_markup, endings=_ENDINGS),
    configs=configs.scripts("astro.config"),
    wanted=frozenset({"calls"}),
    calls={
        "trailingSlash never": "URLs",
        "format file": "URLs",
        "format preserve": "URLs",
        "i18n": "URLs of translated articles",
    },
    trees=("src/content", "src/pages", "src/data", "src"),
    package="astro",
    usual=lambda name: name,  # a collection, so the tree is its parent folder
)
