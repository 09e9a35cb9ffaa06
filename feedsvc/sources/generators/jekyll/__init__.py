"""Jekyll: dated file names in `_posts`, front matter defaults, permalink patterns, Liquid."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from posixpath import basename, splitext
from typing import Any

from feedsvc.model import Tree
from feedsvc.sources.generators import configs, feeds, liquid
from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import Program
from feedsvc.sources.generators.jekyll import urls
from feedsvc.sources.generators.jekyll.urls import POSTS
from feedsvc.sources.generators.patterns import glob, rolled_over, split_date, words

_ENDINGS = (".md", ".markdown", ".mkd", ".mkdn", ".mkdown", ".html")
_DATED_NAME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}-.+\.\w+")
_KEYS = KEYS | {
    "published": ("date",),
    "updated": ("last_modified_at", "updated", "modified"),
    "summary": ("excerpt", "description", "summary"),
}


def _articles(_tree: Tree, paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if f"/{POSTS}/" in f"/{path}" and split_date(basename(path))[0]:
            yield path


def _inherit(file: File) -> Mapping[str, Any]:
    """Return the front matter of a file with what it inherits; see Jekyll's FrontmatterDefaults."""
    inherited: configs.Config = {}
    strongest: tuple[int, int] = (-1, -1)
    for each in configs.tables(file.options.get("defaults")):
        scope, values = each.get("scope"), each.get("values")
        if not isinstance(scope, dict) or not isinstance(values, dict):
            continue
        path, kind = configs.text(scope, "path").lstrip("/"), configs.text(scope, "type")
        if (kind and kind != (urls.collection(file) or "pages")) or not _covers(path, file):
            continue
        strength = (len(path), int(bool(kind)))
        if strength >= strongest:
            inherited, strongest = configs.merge(inherited, values), strength
        else:
            inherited = configs.merge(values, inherited)
    return {**inherited, **file.written}


def _covers(path: str, file: File) -> bool:
    """Return whether the path of a scope, or a glob, covers a file."""
    path = path.removeprefix(f"{file.option('collections_dir').strip('/')}/")
    own = urls.inside(file)
    if "*" not in path:
        return own.startswith(path)
    pattern = glob(path)
    parts = own.split("/")
    prefixes = ("/".join(parts[:end]) for end in range(1, len(parts) + 1))
    return bool(pattern and any(map(pattern.fullmatch, prefixes)))


# In YAML, a time with seconds and without a zone is in UTC, and Jekyll does not correct that.
_UTC_TIME = re.compile(r"\d{4}-\d\d?-\d\d?(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?")


def _complete(file: File, own: Own) -> None:
    day, name = split_date(file.stem)
    own.setdefault("published", rolled_over(day))
    own.setdefault("title", " ".join(each.capitalize() for each in name.rstrip(".").split("-")))
    for key in ("published", "updated"):
        if isinstance(own.get(key), str) and _UTC_TIME.fullmatch(own[key]):
            own[key] = f"{own[key]} Z"
    if file.text("published") == "false" or file.written.get("published") is False:
        own["draft"] = True
    if categories := urls.categories(file):
        own["categories"] = categories
    if "tags" in own:
        own["tags"] = urls.listed(file, "tags", "tag")


# Markdown or HTML up to the position of a link's URL.
_WITHIN_LINK = re.compile(
    r"(?i)(?:\]\(\s*|\]:\s*|\b(?:href|src)\s*=\s*[\"']?)<?(?:\{\{[^{}]*\}\}|[^\s()\"'<>])*\Z"
)
_MORE = "<!--more-->"


def _markup(file: File, body: str, links: Links) -> str:
    def more(tag: liquid.Tag) -> str | None:
        if tag.name not in {"post_url", "link"}:
            return None
        if found := (_link if tag.name == "link" else _post_url)(file, tag.arguments, links):
            return found
        placeholder = links.unresolved(tag.written, tag.arguments)
        return placeholder if _WITHIN_LINK.search(tag.before) else ""

    separator = file.text("excerpt_separator") or file.option("excerpt_separator")
    if separator.strip() and separator != _MORE:
        body = body.replace(separator, f"\n\n{_MORE}\n\n", 1)
    return render(file, liquid.reduce(file, body, links, more))


def _link(file: File, path: str, links: Links) -> str | None:
    """Return the URL of an article, or of a file that Jekyll only copies."""
    path = path.strip("/\"'")
    if splitext(path)[1] in _ENDINGS:
        return links.to(path)
    return f"{file.base_url}/{path}" if splitext(path)[1] else None


def _post_url(_file: File, name: str, links: Links) -> str | None:
    return links.by_tail(
        name.strip("/ "), lambda path: f"/{path}".replace(f"/{POSTS}/", "/").removeprefix("/")
    )


_DEPTH = 4  # levels of folders searched for posts
_SKIPPED = frozenset({"node_modules", "vendor", "_site"})
_PLUGINS = {
    "jekyll-polyglot": "URLs of translated posts",
    "jekyll-multiple-languages-plugin": "URLs of translated posts",
    "jekyll-last-modified-at": "dates of changes",
    "jekyll-git_metadata": "dates",
}


class _Jekyll(Program):
    def configured(self, root: Path, content: Path) -> Tree | None:
        """Return the tree if it has posts: other programs also call their files `_config.yml`."""
        found = super().configured(root, content)
        is_own = found and not self._is_hexo(root)
        return found if is_own and _has_posts(content, _DEPTH) else None

    def traced(self, root: Path, content: Path) -> Tree | None:
        """Return the tree of a folder of posts."""
        found = root == content and not self._is_hexo(root) and _has_posts(content, 2)
        return Tree(self.name, POSTS, self.usual(content.name)) if found else None

    def _is_hexo(self, root: Path) -> bool:
        return "new_post_name" in self.config(root)[1]

    def searched(self, root: Path, values: Mapping[str, Any]) -> configs.Config:  # noqa: ARG002
        """Return options, with the ids of feeds that differ from jekyll-feed's."""
        found = feeds.templates(root, [root], lambda name: name.endswith((".xml", ".rss", ".atom")))
        return {"feeds": feeds.unread(found, ".id")}

    def unread(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield plugins, patterns and scopes that are not evaluated."""
        for plugin in words(options.get("plugins")):
            if affected := _PLUGINS.get(str(plugin)):
                yield f"plugins: {plugin}", affected
        for key in ("permalink", "collections.posts.permalink"):
            if token := urls.unknown_token(configs.text(options, key)):
                yield f"{key}: :{token}", "URLs"
        for each in configs.tables(options.get("defaults")):
            path = configs.text(each, "scope.path")
            if "*" in path and not glob(path):
                yield f"defaults: {path}", "values of files in that path"


def _has_posts(content: Path, depth: int) -> bool:
    """Return whether a folder, or one at most this deep in it, has dated files in `_posts`."""
    try:
        entries = [each for each in content.iterdir() if not each.name.startswith(".")]
        is_posts = POSTS in content.parts
        if is_posts and any(_DATED_NAME.fullmatch(each.name) for each in entries):
            return True
        folders = [each for each in entries if each.is_dir() and each.name not in _SKIPPED]
    except OSError:
        return False
    return depth > 0 and any(_has_posts(each, depth - 1) for each in folders)


GENERATOR = _Jekyll(
    name="jekyll",
    layout=Convention(
        keys=_KEYS,
        url=urls.url,
        page_url=urls.page_url,
        complete=_complete,
        inherit=_inherit,
        markup=_markup,
        entry_id=urls.entry_id,
        endings=_ENDINGS,
        is_hidden=lambda name: name.startswith((".", "_")) and name != POSTS,
        articles=_articles,
    ),
    configs=("_config.yml", "_config.yaml", "_config.toml"),
    usual=lambda name: name if name == POSTS else "",
)
