"""Pelican: metadata lines or field lists, the category from the folder, links in braces."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime
from posixpath import basename
from string import Formatter
from urllib.parse import unquote, urlsplit

from feedsvc import html
from feedsvc.errors import ArticleError
from feedsvc.sources import frontmatter
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.generators import rst
from feedsvc.sources.generators.convention import (
    Convention,
    File,
    Links,
    Own,
    beside,
    linked_file,
    render,
    words,
)
from feedsvc.sources.generators.detect import Program

_ENDINGS = (".md", ".markdown", ".mkd", ".mdown", ".rst")
_KEYS = {
    "published": ("date",),
    "updated": ("modified",),
    "categories": ("category",),
    "authors": ("authors", "author"),
    "language": ("lang",),
}
_LINE = re.compile(r"[ ]{0,3}([A-Za-z0-9_-]+):\s*(.*)")
_MORE = re.compile(r"(?: {4,}|\t)(.+)")


def _split(path: str, text: str) -> tuple[FrontMatter, str]:
    if path.endswith(".rst"):
        return rst.split(text)
    return frontmatter.split(text) if text.startswith("---") else _lines(text)


def _lines(text: str) -> tuple[FrontMatter, str]:
    """Split off lines `Key: value` up to the first that is none; indented ones go on."""
    values: dict[str, str] = {}
    key, position = "", 0
    while position < len(text):
        end = text.find("\n", position) + 1 or len(text)
        line = text[position:end].rstrip()
        if match := _LINE.fullmatch(line):
            key = match[1]
            values.setdefault(key, match[2])
        elif key and (match := _MORE.fullmatch(line)):
            values[key] += f" {match[1]}"
        else:
            break
        position = end
    return FrontMatter(values, text[:position], first=1), text[position:]


def _articles(paths: Iterable[str]) -> Iterator[str]:
    return (path for path in paths if not path.startswith("pages/"))


def _complete(file: File, own: Own) -> None:
    for key, value in _from_name(file).items():
        own.setdefault({"date": "published", "category": "categories"}.get(key, key), value)
    if isinstance(own.get("published"), str):
        own["published"] = own["published"].replace("_", " ")
    if "categories" not in own:
        own["categories"] = _category(file, own)
    for key in ("tags", "authors"):
        if isinstance(own.get(key), str):
            own[key] = words(own[key], ";" if ";" in own[key] else ",")
    if isinstance(own.get("summary"), str):
        own["summary"] = html.plain(html.sanitise(html.markdown(own["summary"]), str))
    status = file.text("status").lower()
    if status in {"draft", "skip"}:
        own["draft"] = True
    elif status == "hidden":
        own["feeds"] = False


def _from_name(file: File) -> dict[str, str]:
    """Return what the file's name says of an article."""
    pattern = file.options.get("filename_metadata") or r"(?P<date>\d{4}-\d{2}-\d{2}).*"
    if not _is_tame(pattern):
        return {}
    try:
        match = re.match(pattern, file.stem)
    except re.error:
        return {}
    return {key: value for key, value in match.groupdict().items() if value} if match else {}


_LONGEST_PATTERN = 200
_MOST_LOOPS = 3
_MOST_BRANCHES = 10
_CHARACTERS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|:))?")
_WILD = re.compile(r"\)[*+{]|<\?")
_LOOP = re.compile(r"[*+]|\{[0-9]*,[0-9]*\}")


def _is_tame(pattern: str) -> bool:
    """Tell whether a pattern is simple enough to end soon on any name of a file."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    form = _GROUP.sub("<", _CHARACTERS.sub("x", pattern))
    branches = form.count("?") + form.count("|")
    return (
        not _WILD.search(form)
        and len(_LOOP.findall(form)) <= _MOST_LOOPS
        and branches <= _MOST_BRANCHES
    )


def _category(file: File, own: Own) -> str:
    written = own.get("categories")
    if isinstance(written, str) and written:
        return written
    folder = basename(file.folder)
    if folder and file.options.get("use_folder_as_category") != "false":
        return folder
    return file.options.get("default_category", "misc")


def _url(file: File, own: Own) -> str:
    if url := file.text("url"):
        return url
    options = file.options
    language = str(own.get("language") or "").lower()
    pattern = options.get("article_url", "{slug}.html")
    if language and language != options.get("default_lang", "en").lower():
        pattern = options.get("article_lang_url", "{slug}-{lang}.html")
    moment = file.moment(own.get("published"))
    authors = own.get("authors")
    author = authors[0] if isinstance(authors, list) and authors else authors
    values = {
        "slug": _slug(file, own),
        "lang": language or options.get("default_lang", "en"),
        "category": _slugify(_category(file, own)),
        "author": _slugify(author) if isinstance(author, str) else "",
        "path": file.path,
    }
    return _fill(pattern, values, moment) if moment else ""


def _fill(pattern: str, values: dict[str, str], moment: datetime) -> str:
    """Fill a pattern as str.format does, but for anything that reaches into values."""
    found = []
    try:
        for literal, name, form, _ in Formatter().parse(pattern):
            found.append(literal)
            if name == "date":
                found.append(_formatted(moment, form or ""))
            elif name is not None:
                found.append(values.get(name, ""))
    except ValueError:
        return ""
    return "".join(found)


_DATE_PART = re.compile(r"%([YmdyjHMSbB])")


def _formatted(moment: datetime, form: str) -> str:
    return _DATE_PART.sub(lambda part: format(moment, part[0]), form)


def _slug(file: File, own: Own) -> str:
    written = str(own.get("slug") or "") or file.text("slug")
    if written:
        return written
    if file.options.get("slugify_source") == "basename":
        return _slugify(file.stem)
    return _slugify(str(own.get("title") or ""))


_TYPOGRAPHIC = re.compile(r"[\u2010-\u2015\u2018-\u201f\u2026\u00a0]")


def _slugify(text: str) -> str:
    """Fold a text as Pelican does, which writes other alphabets in Latin letters by a library."""
    text = unicodedata.normalize("NFKC", re.sub(r"<[^<>]*>", "", text))
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    if not _TYPOGRAPHIC.sub("", plain).isascii():
        plain = _transliterated(text)
    plain = re.sub(r"[^\w\s-]", "", plain.encode("ascii", "ignore").decode())
    return re.sub(r"[-\s]+", "-", plain.strip()).lower()


def _transliterated(text: str) -> str:
    try:
        from unidecode import unidecode
    except ImportError:
        message = (
            f"needs Unidecode for the slug of {text[:40]!r}; "
            "install feedsvc[pelican], or write a `slug`"
        )
        raise ArticleError("unreadable", message) from None
    return str(unidecode(text))


_BRACED = re.compile(r"(?:\{|%7B|\|)(\w+)(?:\}|%7D|\|)(.*)", re.IGNORECASE | re.DOTALL)
_PLACES = {"category": "/category/{}.html", "tag": "/tag/{}.html", "author": "/author/{}.html"}


def _refer(file: File, reference: str) -> str | None:
    braced = _BRACED.fullmatch(reference)
    if not braced:
        return linked_file(file, reference)
    kind, target = braced[1].lower(), braced[2]
    if kind in {"filename", "static", "attach"}:
        path, mark, fragment = unquote(target).partition("#")
        return beside(file, path) + mark + fragment
    if kind == "index":
        return "/"
    return _PLACES[kind].format(_slugify(unquote(target))) if kind in _PLACES else None


def _markup(file: File, body: str, links: Links) -> str:
    if not _is_tame(file.options.get("filename_metadata", "")):
        message = "is not read by `FILENAME_METADATA`, which is too involved; write a simpler one"
        links.warn("left-out", message, body)
    return rst.render(body) if file.path.endswith(".rst") else render(file, body)


def _entry_id(_file: File, url: str, published: datetime) -> str:
    """Return the tag URI of Pelican's feeds."""
    parts = urlsplit(url)
    return f"tag:{parts.hostname},{published.date().isoformat()}:{parts.path}"


_CONVENTION = Convention(
    keys=_KEYS,
    url=_url,
    complete=_complete,
    split=_split,
    markup=_markup,
    refer=_refer,
    entry_id=_entry_id,
    endings=_ENDINGS,
    articles=_articles,
)

GENERATOR = Program(
    name="pelican",
    layout=_CONVENTION,
    configs=("pelicanconf.py",),
    wanted=frozenset(
        {"path", "article_url", "article_lang_url", "default_lang", "default_category"}
        | {"use_folder_as_category", "slugify_source", "filename_metadata"}
    ),
    trees=("content",),
)
