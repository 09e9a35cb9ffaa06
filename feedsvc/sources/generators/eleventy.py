"""Eleventy: pages where their files are, tags as collections, Liquid or Nunjucks in the text."""

import re
from posixpath import basename

from feedsvc.sources.generators import liquid
from feedsvc.sources.generators.convention import (
    Convention,
    File,
    Links,
    Own,
    dated_name,
    render,
    undated_at_top,
)
from feedsvc.sources.generators.detect import Program, scripts

# Names of collections, which say nothing about an article.
_COLLECTIONS = frozenset({"all", "post", "posts", "blog", "nav"})
_KEYS = {
    "published": ("date", "pubdate"),
    "updated": ("updated", "modified", "lastmod", "updateddate"),
    "summary": ("summary", "description", "excerpt"),
    "tags": ("tags", "tag"),
    "categories": ("categories", "category"),
    "authors": ("authors", "author"),
    "language": ("lang", "language"),
    "image": ("image", "heroimage"),
}


def without_collections(own: Own) -> None:
    """Take the names of collections out of the tags."""
    tags = own.get("tags")
    tags = [tags] if isinstance(tags, str) else tags
    if isinstance(tags, list):
        own["tags"] = [
            tag for tag in tags if not (isinstance(tag, str) and tag.lower() in _COLLECTIONS)
        ]


def _complete(file: File, own: Own) -> None:
    without_collections(own)
    own.setdefault("published", dated_name(file.stem)[0])
    if file.text("permalink") == "false" or file.written.get("permalink") is False:
        own["draft"] = True
    if file.text("eleventyexcludefromcollections") == "true":
        own["feeds"] = False


_VARIABLE = re.compile(r"\{\{-?\s*(?:page\.)?(fileSlug|filePathStem)\s*(?:\|\s*slug\w*)?\s*-?\}\}")


def _url(file: File, _own: Own) -> str:
    written = file.text("permalink")
    if written and written != "false":
        name = dated_name(file.stem)[1]
        slug = dated_name(basename(file.folder))[1] if name == "index" else name
        values = {"fileSlug": slug, "filePathStem": f"/{file.folder}/{name}"}
        filled = _VARIABLE.sub(lambda name: values[name[1]], written)
        if "{{" not in filled and "{%" not in filled:
            return _shown(filled)
    name = file.stem
    if name == "index" or basename(file.folder) == name:
        return f"/{file.folder}/".replace("//", "/")
    return f"/{file.folder}/{name}/".replace("//", "/")


def _shown(output: str) -> str:
    """Return the URL of an output file."""
    url = re.sub("/{2,}", "/", f"/{output}")
    return url.removesuffix("index.html") if url.endswith("/index.html") else url


def _markup(file: File, body: str, links: Links) -> str:
    permalink = file.text("permalink")
    if "{{" in _VARIABLE.sub("", permalink) or "{%" in permalink:
        message = (
            f"`permalink` {permalink!r} must be run by Eleventy; the file's path stands for it"
        )
        links.warn("left-out", message, permalink)
    return render(file, liquid.reduce(file, body, links, lambda _tag: None))


_CONVENTION = Convention(
    keys=_KEYS,
    url=_url,
    complete=_complete,
    markup=_markup,
    is_page=undated_at_top,
)

GENERATOR = Program(
    name="eleventy",
    layout=_CONVENTION,
    configs=(".eleventy.js", *scripts("eleventy.config")),
    wanted=frozenset({"input"}),
    package="@11ty/eleventy",
)
