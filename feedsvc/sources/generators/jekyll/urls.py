"""URLs of Jekyll: permalink patterns of posts, other collections and pages."""

import re
from datetime import datetime
from posixpath import dirname, splitext
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, unquote, urlsplit

from feedsvc.dates import DAYS, MONTHS
from feedsvc.sources.generators.convention import File, Own
from feedsvc.sources.generators.patterns import date_parts, split_date, words

POSTS = "_posts"
_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
_TOKEN = re.compile(r":([a-z_]+)")


def inside(file: File) -> str:
    """Return the path of a file without the folder `collections_dir`."""
    return file.path.removeprefix(f"{file.option('collections_dir').strip('/')}/")


def collection(file: File) -> str:
    """Return the label of the collection that a file is in; '' for a page."""
    folders = inside(file).split("/")[:-1]
    if POSTS in folders:
        return "posts"
    return folders[0][1:] if folders and folders[0].startswith("_") else ""


def url(file: File, own: Own) -> str:
    """Return the path of the URL of a post."""
    style = file.option("permalink", "date")
    pattern = file.option("collections.posts.permalink") or _STYLES.get(style, style)
    moment = file.moment(own.get("published"))
    return _filled(file, file.text("permalink") or pattern, moment) if moment else ""


def page_url(file: File) -> str:
    """Return the path of the URL of a page, or of a document of another collection."""
    label = collection(file)
    pattern = file.text("permalink")
    if label:
        if file.option(f"collections.{label}.output") != "true":
            return ""
        pattern = pattern or file.option(f"collections.{label}.permalink")
    style = file.option("permalink", "date")
    suffix = "/" if style == "pretty" or style.endswith("/") else ""
    if style in {"date", "ordinal", "none"} or style.endswith(":output_ext"):
        suffix = ":output_ext"
    name = "" if not label and file.stem == "index" else ":path"
    usual = f"/:collection/:path{suffix}" if label else f"/{name}{suffix if name else ''}"
    if not name and not pattern:
        return f"/{file.folder}/".replace("//", "/")
    return _filled(file, pattern or usual, file.moment(file.written.get("date")))


def unknown_token(pattern: str) -> str:
    """Return the first unknown token of a permalink pattern, '' if all are known."""
    names = (token[1] for token in _TOKEN.finditer(_STYLES.get(pattern, pattern)))
    return next((name for name in names if not name.startswith(_KNOWN)), "")


def _filled(file: File, pattern: str, moment: datetime | None) -> str:
    values = _undated(file) | (_dated(moment.astimezone(file.zone)) if moment else {})
    names = sorted(values, key=len, reverse=True)

    def fill(token: re.Match[str]) -> str:
        # Letters may follow a name: `:titlepage`.
        name = next((each for each in names if token[1].startswith(each)), None)
        return values[name] + token[1][len(name) :] if name else token[0]

    filled = unquote(_TOKEN.sub(fill, pattern))
    parts = [part for part in filled.split("/") if part.strip(".")]
    return "/" + "/".join(parts) + ("/" if filled.endswith("/") and parts else "")


def _undated(file: File) -> dict[str, str]:
    label, path = collection(file), splitext(inside(file))[0]
    name = slug(file) if label == "posts" else file.text("slug") or file.stem
    folders = [str(each) for each in categories(file) if isinstance(each, str)]
    return {
        "categories": "/".join(dict.fromkeys(each.lower() for each in folders)),
        "slugified_categories": "/".join(dict.fromkeys(_slugified(each) for each in folders)),
        "title": _NOT_PRETTY.sub("-", name).strip("-"),
        "slug": _slugified(name),
        "name": _slugified(file.stem),
        "path": path.removeprefix(f"_{label}/") if label else path,
        "output_ext": ".html",
        "collection": label,
    }


def _dated(moment: datetime) -> dict[str, str]:
    day, month = DAYS[moment.weekday()], MONTHS[moment.month - 1]
    return date_parts(moment) | {
        "short_year": f"{moment:%y}",
        "short_month": month[:3],
        "long_month": month,
        "short_day": day[:3],
        "long_day": day,
        "y_day": f"{moment.timetuple().tm_yday:03}",
        "w_year": f"{moment.isocalendar().year}",
        "week": f"{moment.isocalendar().week:02}",
        "w_day": str(moment.isoweekday()),
    }


_KNOWN = (
    *("categories", "slugified_categories", "title", "slug", "name", "path", "output_ext"),
    *("collection", *_dated(datetime(2000, 1, 1))),  # noqa: DTZ001
)


def categories(file: File) -> list[Any]:
    """Return the categories of a post: the folders above `_posts`, then those in front matter."""
    above = f"/{dirname(inside(file))}/".partition(f"/{POSTS}/")[0].strip("/")
    return [*words(above, "/"), *listed(file, "categories", "category")]


def listed(file: File, plural: str, singular: str) -> list[Any]:
    """Return the singular key's value as a list, or else the plural key's, split into words."""
    one = file.written.get(singular)
    if one:
        return one if isinstance(one, list) else [one]
    return words(file.written.get(plural))


_NOT_PRETTY = re.compile(r"[^\w.~!$&'()+,;=@]+")
_NOT_A_WORD = re.compile(r"[\W_]+")


def slug(file: File) -> str:
    """Return the slug of a post, from its front matter or else from its file name."""
    return file.text("slug") or split_date(file.stem)[1].rstrip(".")


def _slugified(name: str) -> str:
    return _NOT_A_WORD.sub("-", name).strip("-").lower()


def entry_id(file: File, url: str, _published: datetime) -> str:
    """Return the id in jekyll-feed: the folder of the URL and the slug of the file."""
    site, path = url[: -len(urlsplit(url).path)], urlsplit(url).path
    name = quote(normalize("NFC", slug(file)), safe="/~!$&'()*+,;=:@")
    return f"{site}{dirname(path.rstrip('/')).rstrip('/')}/{name}"
