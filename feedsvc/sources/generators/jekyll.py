"""Jekyll: dated names below `_posts`, categories from folders, permalink patterns, Liquid."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from posixpath import basename, dirname, splitext
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

from feedsvc.model import Tree
from feedsvc.sources.generators import liquid
from feedsvc.sources.generators.convention import (
    Convention,
    File,
    Links,
    Own,
    dated_name,
    render,
    words,
)
from feedsvc.sources.generators.detect import Program

_ENDINGS = (".md", ".markdown", ".mkd", ".mkdn", ".mkdown", ".html")
_POSTS = "_posts"
_DATED_NAME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}-.+\.\w+")
_KEYS = {
    "published": ("date",),
    "updated": ("last_modified_at", "updated", "modified"),
    "summary": ("excerpt", "description", "summary"),
    "categories": ("categories", "category"),
    "tags": ("tags", "tag"),
    "authors": ("authors", "author"),
    "language": ("lang", "language"),
}


def _articles(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if f"/{_POSTS}/" in f"/{path}" and dated_name(basename(path))[0]:
            yield path


def _complete(file: File, own: Own) -> None:
    own.setdefault("published", dated_name(file.stem)[0])
    if file.text("published") == "false" or file.written.get("published") is False:
        own["draft"] = True
    categories = _categories(file)
    if categories:
        own["categories"] = categories
    if "tags" in own:
        own["tags"] = _listed(file, "tags", "tag")


def _categories(file: File) -> list[Any]:
    above = f"/{file.folder}/".partition(f"/{_POSTS}/")[0].strip("/")
    return [*words(above, "/"), *_listed(file, "categories", "category")]


def _listed(file: File, plural: str, singular: str) -> list[Any]:
    """Return a list that may be a text: of words under one name, of one under the other."""
    one = file.written.get(singular)
    if one:
        return one if isinstance(one, list) else [one]
    return words(file.written.get(plural))


_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_TOKEN = re.compile(r":([a-z_]+)")


def _url(file: File, own: Own) -> str:
    options = file.options
    pattern = options.get("collections.posts.permalink") or options.get("permalink") or "date"
    pattern = file.text("permalink") or pattern
    pattern = _STYLES.get(pattern, pattern)
    moment = file.moment(own.get("published"))
    if moment is None:
        return ""
    values = _values(file, moment.astimezone(file.zone))
    names = sorted(values, key=len, reverse=True)

    def fill(token: re.Match[str]) -> str:
        # A name may have letters behind it that are none of it: `:titlepage`.
        name = next((each for each in names if token[1].startswith(each)), None)
        return values[name] + token[1][len(name) :] if name else token[0]

    filled = unquote(_TOKEN.sub(fill, pattern))
    parts = [part for part in filled.split("/") if part.strip(".")]
    return "/" + "/".join(parts) + ("/" if filled.endswith("/") and parts else "")


def _values(file: File, moment: datetime) -> dict[str, str]:
    name = _slug(file)
    categories = [str(each) for each in _categories(file) if isinstance(each, str)]
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return {
        "categories": "/".join(dict.fromkeys(each.lower() for each in categories)),
        "slugified_categories": "/".join(dict.fromkeys(_slugify(each) for each in categories)),
        "title": _pretty(name),
        "slug": _slugify(name),
        "name": _slugify(file.stem),
        "output_ext": ".html",
        "collection": "posts",
        "year": f"{moment:%Y}",
        "short_year": f"{moment:%y}",
        "month": f"{moment:%m}",
        "i_month": str(moment.month),
        "short_month": month[:3],
        "long_month": month,
        "day": f"{moment:%d}",
        "i_day": str(moment.day),
        "short_day": day[:3],
        "long_day": day,
        "y_day": f"{moment.timetuple().tm_yday:03}",
        "w_year": f"{moment.isocalendar().year}",
        "week": f"{moment.isocalendar().week:02}",
        "w_day": str(moment.isoweekday()),
        "hour": f"{moment:%H}",
        "minute": f"{moment:%M}",
        "second": f"{moment:%S}",
    }


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NOT_PRETTY = re.compile(r"[^\w.~!$&'()+,;=@]+")
_NOT_A_WORD = re.compile(r"[\W_]+")


def _slug(file: File) -> str:
    return file.text("slug") or dated_name(file.stem)[1].rstrip(".")


def _pretty(name: str) -> str:
    return _NOT_PRETTY.sub("-", name).strip("-")


def _slugify(name: str) -> str:
    return _NOT_A_WORD.sub("-", name).strip("-").lower()


def _entry_id(file: File, url: str, _published: datetime) -> str:
    """Return what jekyll-feed has for an id: the folder of the URL and the slug of the file."""
    site, path = url[: -len(urlsplit(url).path)], urlsplit(url).path
    slug = quote(normalize("NFC", _slug(file)), safe="/~!$&'()*+,;=:@")
    return f"{site}{dirname(path.rstrip('/')).rstrip('/')}/{slug}"


# Where Markdown or HTML has the URL of a link, up to what stands for it.
_WITHIN_LINK = re.compile(
    r"(?i)(?:\]\(\s*|\]:\s*|\b(?:href|src)\s*=\s*[\"']?)<?(?:\{\{[^{}]*\}\}|[^\s()\"'<>])*\Z"
)


def _markup(file: File, body: str, links: Links) -> str:
    def more(tag: liquid.Tag) -> str | None:
        if tag.name not in {"post_url", "link"}:
            return None
        if tag.name == "link":
            found = links.to(tag.arguments.lstrip("/"))
        else:
            found = _post_url(tag.arguments, links)
        if found:
            return found
        placeholder = links.unresolved(tag.written, tag.arguments)
        return placeholder if _WITHIN_LINK.search(tag.before) else ""

    reduced = liquid.reduce(file, body, links, more)
    return render(file, reduced)


def _post_url(name: str, links: Links) -> str | None:
    name = name.strip("/ ")
    found = [
        path
        for path in links.named(basename(name))
        if f"/{splitext(path)[0]}".replace(f"/{_POSTS}/", "/").endswith(f"/{name}")
    ]
    return links.to(found[0]) if len(found) == 1 else None


_CONVENTION = Convention(
    keys=_KEYS,
    url=_url,
    complete=_complete,
    markup=_markup,
    entry_id=_entry_id,
    endings=_ENDINGS,
    entered=frozenset({_POSTS}),
    articles=_articles,
)


class _Jekyll(Program):
    def configured(self, root: Path, content: Path) -> Tree | None:
        """Return the tree if it has posts: many other sites have Jekyll's configuration."""
        return super().configured(root, content) if _has_posts(content) else None

    def traced(self, root: Path, content: Path) -> Tree | None:
        """Return the tree of a folder of posts."""
        found = root == content and _has_posts(content)
        return Tree(self.name, _POSTS, self.usual(content.name)) if found else None


def _has_posts(content: Path) -> bool:
    """Tell whether `_posts` holds dated files: this folder, one in it, or one in a folder in it."""
    try:
        folders = [content] if content.name == _POSTS else [content / _POSTS]
        folders += [each / _POSTS for each in content.iterdir() if each.is_dir()]
    except OSError:
        return False
    return any(map(_has_dated, folders))


def _has_dated(folder: Path) -> bool:
    try:
        return any(_DATED_NAME.fullmatch(each.name) for each in folder.iterdir())
    except OSError:
        return False


GENERATOR = _Jekyll(
    name="jekyll",
    layout=_CONVENTION,
    configs=("_config.yml", "_config.yaml"),
    wanted=frozenset({"permalink", "collections"}),
    usual=lambda name: name if name == _POSTS else "",
)
