"""Astro: collections of Markdown and MDX, whose paths fold to slugs."""

from posixpath import splitext

from feedsvc.sources.conventions import mdx
from feedsvc.sources.conventions.convention import (
    Convention,
    File,
    Links,
    Own,
    github_slug,
    render,
)
from feedsvc.sources.conventions.eleventy import without_collections

_ENDINGS = (".md", ".markdown", ".mdx")
_KEYS = {
    "published": ("pubdate", "publishdate", "pubdatetime", "published", "date"),
    "updated": ("updateddate", "updated", "moddatetime", "modified", "lastmod"),
    "summary": ("summary", "description", "excerpt"),
    "tags": ("tags", "tag"),
    "categories": ("categories", "category"),
    "authors": ("authors", "author"),
    "language": ("lang", "language"),
    "image": ("heroimage", "image", "ogimage", "cover"),
}


def _complete(file: File, own: Own) -> None:
    without_collections(own)
    image = file.written.get("image")
    if isinstance(image, dict):  # the tutorial's form: its url and alt
        own["image"] = image.get("url") or image.get("src") or ""


def _url(file: File, _own: Own) -> str:
    collection, _, name = file.path.partition("/")
    slug = file.text("slug")
    if not slug:
        parts = splitext(name)[0].split("/")
        slug = "/".join(map(github_slug, parts)).removesuffix("/index")
    return f"/{collection}/{slug.strip('/')}/"


def _markup(file: File, body: str, links: Links) -> str:
    return render(file, mdx.reduce(body, links) if file.path.endswith(".mdx") else body)


CONVENTION = Convention(
    keys=_KEYS,
    url=_url,
    complete=_complete,
    markup=_markup,
    endings=_ENDINGS,
)
