"""Pelican: metadata lines or field lists, categories from folders, links in braces."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from posixpath import basename
from string import Formatter
from typing import Any
from urllib.parse import unquote, urlsplit

from feedsvc import html, syntax
from feedsvc.errors import ArticleError
from feedsvc.html.text import names
from feedsvc.model import Tree
from feedsvc.sources import frontmatter
from feedsvc.sources.frontmatter import FrontMatter
from feedsvc.sources.generators import configs, rst
from feedsvc.sources.generators.convention import Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import JSON_FEED, Program
from feedsvc.sources.generators.patterns import is_tame, words
from feedsvc.sources.generators.pelican import tags
from feedsvc.sources.generators.pelican.inherited import inherit
from feedsvc.sources.generators.pelican.texts import slugify

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
    opening = _FENCE.match(text)
    if not opening:
        return _lines(text)
    # The lines are YAML only for a plugin; Pelican itself would not read lists and quotes.
    front, body = _lines(text[opening.end() :])
    end = _FENCE.match(body)
    is_yaml = any(value[:1] in tuple("[{\"'|>") for value in front.values.values() if value)
    if not end:
        return frontmatter.split(text)
    if is_yaml:
        with suppress(ArticleError):
            return frontmatter.split(text)
    return FrontMatter(front.values, front.text, first=2), f"\n{body[end.end() :]}"


_FENCE = re.compile(r"-{3}[ \t]*\n")


def _lines(text: str) -> tuple[FrontMatter, str]:
    """Split off lines `Key: value`; indented lines continue a value, any other ends them."""
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


def _articles(tree: Tree, paths: Iterable[str]) -> Iterator[str]:
    """Yield the files in `ARTICLE_PATHS`, without pages and what `ARTICLE_EXCLUDES` names."""
    options = tree.options
    wanted = tuple(_folders(options.get("article_paths", "")))
    others = (options.get("page_paths", "pages"), options.get("article_excludes"))
    excluded = tuple(folder for each in others for folder in _folders(each) if folder)
    return (path for path in paths if path.startswith(wanted) and not path.startswith(excluded))


def _folders(value: Any) -> list[str]:
    """Return paths of folders, each with a slash at its end; '' for the top."""
    paths = value if isinstance(value, list) else [] if value is None else [value]
    return [f"{path}/" if (path := str(each).strip("/")) else "" for each in paths]


def _complete(file: File, own: Own) -> None:
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


def _category(file: File, own: Own) -> str:
    written = own.get("categories")
    if isinstance(written, str) and written:
        return written
    folder = basename(file.folder)
    if folder and file.option("use_folder_as_category") != "false":
        return folder
    return file.option("default_category", "misc")


def _url(file: File, own: Own) -> str:
    if url := file.text("url"):
        return url
    language = str(own.get("language") or "").lower()
    usual_language = file.option("default_lang", "en")
    pattern = file.option("article_url", "{slug}.html")
    if language and language != usual_language.lower():
        pattern = file.option("article_lang_url", "{slug}-{lang}.html")
    moment = file.moment(own.get("published"))
    authors = own.get("authors")
    author = authors[0] if isinstance(authors, list) and authors else authors
    values = {key: file.text(key) for key in file.written} | {
        "slug": _slug(file, own),
        "lang": language or usual_language,
        "category": slugify(_category(file, own)),
        "author": slugify(author) if isinstance(author, str) else "",
        "path": file.path,
    }
    return _fill(pattern, values, moment) if moment else ""


_FIELDS = frozenset({"slug", "lang", "category", "author", "path", "date"})


def _parsed(pattern: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(Formatter().parse(pattern))
    except ValueError:
        return []


def _fill(pattern: str, values: dict[str, str], moment: datetime) -> str:
    """Fill a pattern as str.format does, but without access to attributes of values."""
    found = ""
    for literal, name, form, _ in _parsed(pattern):
        if name not in {None, "date", *values}:
            return ""
        value = _formatted(moment, form or "") if name == "date" else values.get(name or "", "")
        found += literal + value
    return found


_DATE_PART = re.compile(r"%([YmdyjHMSbB])")


def _formatted(moment: datetime, form: str) -> str:
    return _DATE_PART.sub(lambda part: format(moment, part[0]), form)


def _slug(file: File, own: Own) -> str:
    written = str(own.get("slug") or "") or file.text("slug")
    if written:
        return written
    if file.option("slugify_source") == "basename":
        return slugify(file.stem)
    return slugify(str(own.get("title") or ""))


_BRACED = re.compile(r"(?:\{|%7B|\|)(\w+)(?:\}|%7D|\|)(.*)", re.IGNORECASE | re.DOTALL)
_PLACES = {"category": "/category/{}.html", "tag": "/tag/{}.html", "author": "/author/{}.html"}


def _refer(file: File, reference: str) -> str | None:
    braced = _BRACED.fullmatch(reference)
    if not braced:
        return file.linked(reference)
    kind, target = braced[1].lower(), braced[2]
    if kind in {"filename", "static", "attach"}:
        path, mark, fragment = unquote(target).partition("#")
        return file.beside(path) + mark + fragment
    if kind == "index":
        return "/"
    return _PLACES[kind].format(slugify(unquote(target))) if kind in _PLACES else None


def _markup(file: File, body: str, links: Links) -> str:
    body = tags.reduce(file.options, body, links)
    fields = {name for _, name, _, _ in _parsed(file.option("article_url")) if name}
    if missing := sorted(fields - {*_FIELDS, *file.written}):
        message = (
            f"`ARTICLE_URL` has {{{missing[0]}}}, which the metadata do not have: the URL may be "
            f"wrong; if so, {JSON_FEED}"
        )
        links.warn("not-evaluated", message, body)
    return rst.render(body) if file.path.endswith(".rst") else render(file, body)


def _entry_id(_file: File, url: str, published: datetime) -> str:
    """Return the tag URI in Pelican's feeds, which does not encode the path."""
    parts = urlsplit(url)
    start = f"tag:{parts.hostname},{published.date().isoformat()}:"
    raw = start + unquote(parts.path)
    return raw if syntax.is_iri(raw) else start + parts.path


class _Pelican(Program):
    def config(self, root: Path) -> tuple[str, configs.Config]:
        """Return the settings; those in publishconf.py, used for publishing, take precedence."""
        name, values = super().config(root)
        return name, configs.merge(
            values, configs.read(root / "publishconf.py") or {}
        ) if name else {}

    def unread(self, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield patterns that are too complex, settings that are not literals, and plugins."""
        for key in ("FILENAME_METADATA", "PATH_METADATA"):
            if not is_tame(configs.text(options, key.lower())):
                yield key, "values from file names"
        for key in sorted(tags.computed(options)):
            if key.lower() in _URLS:
                yield f"{key} (not a literal)", "URLs"
        for name in ("i18n_subsites", "jinja2content"):
            if any(name in str(each) for each in words(options.get("plugins"))):
                yield f"PLUGINS: {name}", "URLs" if name.startswith("i18n") else "texts"


_URLS = names(
    "path article_url article_lang_url default_lang default_category use_folder_as_category "
    "slugify_source filename_metadata path_metadata article_paths article_excludes page_paths "
    "default_metadata extra_path_metadata"
)

GENERATOR = _Pelican(
    name="pelican",
    layout=Convention(
        keys=_KEYS,
        url=_url,
        complete=_complete,
        split=_split,
        markup=_markup,
        refer=_refer,
        entry_id=_entry_id,
        endings=_ENDINGS,
        inherit=inherit,
        articles=_articles,
    ),
    configs=("pelicanconf.py",),
    wanted=_URLS | {"plugins", "computed"},
    unknown={
        "SLUG_REGEX_SUBSTITUTIONS": "URLs",
        "SLUG_SUBSTITUTIONS": "URLs",
        "CATEGORY_REGEX_SUBSTITUTIONS": "URLs with a category",
        "DEFAULT_DATE": "dates of articles without one",
        "SLUGIFY_USE_UNICODE": "URLs",
        "SLUGIFY_PRESERVE_CASE": "URLs",
    },
    trees=("content",),
)
