"""Hugo: sections and page bundles, permalinks from the path, shortcodes in the text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from posixpath import basename, dirname, splitext

from feedsvc.sources import frontmatter
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.generators import shortcodes
from feedsvc.sources.generators.convention import (
    Convention,
    File,
    Links,
    Own,
    render,
    undated_at_top,
)
from feedsvc.sources.generators.detect import Program, with_endings

_ENDINGS = (".md", ".markdown", ".html")
_KEYS = {
    "title": ("title", "linktitle"),
    "published": ("publishdate", "pubdate", "published", "date", "lastmod"),
    "updated": ("lastmod", "modified", "updated"),
    "expires": ("expirydate", "unpublishdate", "expires"),
    "summary": ("summary", "description"),
    "authors": ("authors", "author"),
    "image": ("image", "images"),
    "language": ("language", "lang"),
}
_FIRST = ("image",)  # of a list, the first counts


def _split(_path: str, text: str) -> tuple[FrontMatter, str]:
    return frontmatter.split_json(text) if text.startswith("{") else frontmatter.split(text)


def _articles(paths: Iterable[str]) -> Iterator[str]:
    """Yield what is a page of its own, and no resource of a page bundle."""
    paths = list(paths)
    bundles = {dirname(path) for path in paths if _name(path) == "index"} - {""}
    for path in paths:
        own = dirname(path) if _name(path) == "index" else ""
        if not any(above in bundles and above != own for above in _above(path)):
            yield path


def _name(path: str) -> str:
    return basename(path).partition(".")[0]


def _above(path: str) -> Iterator[str]:
    """Yield the folders that a file is in."""
    while path := dirname(path):
        yield path


def _complete(file: File, own: Own) -> None:
    for key in _FIRST:
        if isinstance(own.get(key), list) and own[key]:
            own[key] = own[key][0]
    language = _language(file)[1]
    if language:
        own.setdefault("language", language)


def _language(file: File) -> tuple[str, str]:
    """Split the stem of `post.fr.md` where the site has that language."""
    stem, ending = splitext(file.stem)
    known = file.options.get("languages", "").split()
    return (stem, ending[1:].lower()) if ending[1:].lower() in known else (file.stem, "")


def _url(file: File, own: Own) -> str:
    stem, language = _language(file)
    url = file.text("url")
    if not url:
        pattern = _pattern(file)
        known = pattern and not _unknown(pattern)
        path = _expand(file, own, pattern, stem) if known else _default(file, stem)
        path = _clean(file, path)
        url = path + (".html" if file.options.get("uglyurls") == "true" else "/")
    elif not splitext(url)[1] and not url.endswith("/"):
        url += "/"
    default = file.options.get("defaultcontentlanguage", "en").lower()
    below = file.options.get("defaultcontentlanguageinsubdir") == "true"
    if language and (language != default or below):
        url = f"/{language}/{url.lstrip('/')}"
    return url


def _default(file: File, stem: str) -> str:
    name = file.text("slug")
    if stem == "index":
        return f"{dirname(file.folder)}/{name}" if name else file.folder
    return f"{file.folder}/{name or stem}"


def _pattern(file: File) -> str:
    section = file.path.split("/")[0] if file.folder else "/"
    options = file.options
    return options.get(f"permalinks.{section}".lower(), "") or options.get(
        f"permalinks.page.{section}".lower(), ""
    )


_TOKEN = re.compile(r":(\w+)(\[.+?\])?")
_SLICE = re.compile(r"\[(?:(?P<one>[0-9]+|last)|(?P<first>[0-9]+|last)?:(?P<end>[0-9]+|last)?)\]")
_TOKENS = frozenset(
    {"section", "sections", "title", "slug", "filename", "contentbasename", "slugorfilename"}
    | {"slugorcontentbasename", "year", "month", "monthname", "day", "weekday", "weekdayname"}
    | {"yearday"}
)


def _unknown(pattern: str) -> str:
    """Return the first token of a pattern that cannot be filled, '' where all can."""
    for token in _TOKEN.finditer(pattern):
        sliced = not token[2] or (token[1] == "sections" and _SLICE.fullmatch(token[2]))
        if token[1] not in _TOKENS or not sliced:
            return token[0]
    return ""


def _sliced(folder: str, which: str) -> str:
    """Return some of the folders: `[0]`, `[last]`, `[1:]`, `[:last]`; what is not there is not."""
    parts = folder.split("/")
    said = _SLICE.fullmatch(which)
    if not said:
        return folder

    def number(name: str, otherwise: int) -> int:
        value = said[name]
        if value is None:
            return otherwise
        return len(parts) - 1 if value == "last" else min(int(value[:9]), len(parts))

    first = number("one", number("first", 0))
    end = first + 1 if said["one"] else number("end", len(parts))
    return "/".join(parts[first:end])


def _expand(file: File, own: Own, pattern: str, stem: str) -> str:
    name = basename(file.folder) if stem == "index" else stem
    folder = dirname(file.folder) if stem == "index" else file.folder
    slug, title = file.text("slug"), str(own.get("title") or "")
    values = {
        "section": folder.split("/")[0],
        "sections": folder,
        "title": title,
        "slug": slug or title,
        "filename": name,
        "contentbasename": name,
        "slugorfilename": slug or name,
        "slugorcontentbasename": slug or name,
    }
    moment = file.moment(file.written.get("date", own.get("published")))
    if moment:
        values |= {
            "year": f"{moment:%Y}",
            "month": f"{moment:%m}",
            "monthname": _MONTHS[moment.month - 1],
            "day": f"{moment:%d}",
            "weekday": f"{moment:%w}",
            "weekdayname": _DAYS[moment.weekday()],
            "yearday": str(moment.timetuple().tm_yday),
        }

    def fill(token: re.Match[str]) -> str:
        value = _sliced(folder, token[2]) if token[2] else values.get(token[1], "")
        return value.replace("+", " ")

    return _TOKEN.sub(fill, pattern)


_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KEPT = frozenset("./\\_#+~-@")


def _clean(file: File, path: str) -> str:
    """Return a path as Hugo makes it: letters, digits and a few signs, hyphens for spaces."""
    found: list[str] = []
    for each in path:
        if each in _KEPT or each.isalnum() or unicodedata.category(each)[0] == "M":
            found.append(each)
        elif each.isspace() and found and found[-1] != "-":
            found.append("-")
    clean = re.sub("/{2,}", "/", "".join(found)).strip("/")
    return f"/{clean if file.options.get('disablepathtolower') == 'true' else clean.lower()}"


def _markup(file: File, body: str, links: Links) -> str:
    unknown = "" if file.text("url") else _unknown(_pattern(file))
    if unknown:
        message = f"has a permalink with `{unknown}`, which is not known; its path stands for it"
        links.warn("left-out", message, body)
    return render(file, shortcodes.reduce(file, body, links))


_CONVENTION = Convention(
    keys=_KEYS,
    url=_url,
    complete=_complete,
    split=_split,
    markup=_markup,
    endings=_ENDINGS,
    articles=_articles,
    is_page=undated_at_top,
)

GENERATOR = Program(
    name="hugo",
    layout=_CONVENTION,
    configs=with_endings("hugo", "config", "config/_default/hugo", "config/_default/config"),
    wanted=frozenset(
        {"contentdir", "permalinks", "uglyurls", "disablepathtolower", "languages"}
        | {"defaultcontentlanguage", "defaultcontentlanguageinsubdir"}
    ),
    trees=("content",),
    trace="archetypes/default.md",
)
