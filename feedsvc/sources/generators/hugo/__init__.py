"""Hugo: sections and page bundles, permalinks from paths, shortcodes in texts."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from posixpath import basename, dirname

from feedsvc import syntax
from feedsvc.model import Tree
from feedsvc.sources import frontmatter
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.generators import configs
from feedsvc.sources.generators.convention import Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import JSON_FEED
from feedsvc.sources.generators.hugo import inherited, shortcodes, urls
from feedsvc.sources.generators.hugo.inherited import INDEX
from feedsvc.sources.generators.hugo.places import (
    default_language,
    is_content,
    languages,
    place_of,
)
from feedsvc.sources.generators.hugo.site import Hugo
from feedsvc.sources.generators.patterns import is_tame, words

_ENDINGS = (".md", ".markdown", ".html")
_KEYS = {
    "title": ("title", "linktitle"),
    "published": ("publishdate", "pubdate", "published", "date", "lastmod"),
    "updated": ("lastmod", "modified", "updated"),
    "expires": ("expirydate", "unpublishdate", "expires"),
    "summary": ("summary", "description"),
    "authors": ("authors", "author"),
    "image": ("image", "images"),
    "language": ("lang",),
}


def _split(_path: str, text: str) -> tuple[FrontMatter, str]:
    """Split off front matter, which may have white space before it."""
    whole, text = text, text.lstrip()
    front, body = (frontmatter.split_json if text.startswith("{") else frontmatter.split)(text)
    above = whole.count("\n", 0, len(whole) - len(text))
    return replace(front, first=front.first + above), body


def _articles(tree: Tree, paths: Iterable[str]) -> Iterator[str]:
    """Yield the pages, without the resources of page bundles and languages that are disabled."""
    ignored = _ignored(tree)
    paths = [path for path in paths if not any(each.search(f"/{path}") for each in ignored)]
    bundles = {dirname(path) for path in paths if _name(path) == "index"} - {""}
    for path in paths:
        own = dirname(path) if _name(path) == "index" else ""
        is_resource = any(above in bundles and above != own for above in _above(path))
        if not is_resource and is_content(tree, path):
            yield path


def _ignored(tree: Tree) -> list[re.Pattern[str]]:
    found = []
    for pattern in words(tree.options.get("ignorefiles")):
        with suppress(re.error):
            found += [re.compile(pattern)] if is_tame(pattern) else []
    return found


def _name(path: str) -> str:
    return basename(path).partition(".")[0]


def _above(path: str) -> Iterator[str]:
    """Yield the folders that a file is in."""
    while path := dirname(path):
        yield path


def _complete(file: File, own: Own) -> None:
    if isinstance(own.get("image"), list) and own["image"]:
        own["image"] = own["image"][0]
    language = place_of(file).language
    if not language and languages(file.options):
        language = default_language(file.options)
    if language:
        own["language"] = language
    elif not syntax.is_language(str(own.get("language"))):
        own.pop("language", None)  # a key of a theme
    build = configs.table(file.written, "build") or configs.table(file.written, "_build")
    if str(build.get("render", "")).lower() in {"never", "false"}:
        own["draft"] = True
    elif str(build.get("list", "")).lower() in {"never", "false", "local"}:
        own["feeds"] = False


def _is_page(file: File, own: Own) -> bool:
    is_headless = str(file.written.get("headless", "")).lower() == "true"
    return is_headless or (not place_of(file).above and not own.get("published"))


def _markup(file: File, body: str, links: Links) -> str:
    if not file.text("url") and (unknown := urls.unknown_token(file)):
        message = f"the permalink has an unknown `{unknown}`; the path is used instead"
        links.warn("left-out", message, body)
    template, date = file.option("feeddate"), file.written.get("date")
    if template and date and date != file.written.get("publishdate", date):
        message = (
            f"`date` and `publishDate` differ: feedsvc publishes the second, and {template} the "
            f"first; if readers know the first, {JSON_FEED}"
        )
        links.warn("not-evaluated", message, body)
    return render(file, shortcodes.reduce(file, body, links, place_of(file).root))


GENERATOR = Hugo(
    name="hugo",
    layout=Convention(
        keys=_KEYS,
        url=urls.url,
        complete=_complete,
        split=_split,
        data=inherited.data,
        inherit=inherited.inherit,
        markup=_markup,
        endings=_ENDINGS,
        articles=_articles,
        is_page=_is_page,
        is_data=lambda name: _name(name) == INDEX,
        leads=lambda name: _name(name) == "index",
    ),
    configs=configs.with_endings(
        "hugo", "config", "config/_default/hugo", "config/_default/config"
    ),
    wanted=frozenset(
        {"contentdir", "permalinks", "uglyurls", "disablepathtolower", "removepathaccents"}
        | {"languages", "defaultcontentlanguage", "defaultcontentlanguageinsubdir"}
        | {"disablelanguages", "ignorefiles", "cascade", "frontmatter", "module"}
    ),
    unknown={"enableGitInfo": "dates of changes, if it takes them from Git,"},
    trees=("content",),
    trace="archetypes/default.md",
)
