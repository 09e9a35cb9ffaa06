"""Zola: dates in file names, slugs, taxonomies, links to files that start with `@/`."""

import re
from collections.abc import Mapping
from pathlib import Path
from posixpath import basename, dirname
from typing import Any
from unicodedata import normalize
from urllib.parse import unquote

from feedsvc.sources.generators import configs
from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import Program
from feedsvc.sources.generators.patterns import split_date

_KEYS = KEYS | {"published": ("date",), "updated": ("updated",), "summary": ("description",)}
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
_DATE = re.compile(r"(?:^|/)([0-9]{4})/([0-9]{2})/([0-9]{2})/")
_SHORTCODE = re.compile(
    r"\{\{\s*(\w+)\([^{}]*\)\s*\}\}|\{%\s*(\w+)\([^{}%]*\)\s*%\}|\{%\s*end\s*%\}"
)


def _inherit(file: File) -> Mapping[str, Any]:
    """Return front matter with the taxonomies and the [extra] keys at the top."""
    extra, taxonomies = (configs.table(file.written, name) for name in ("extra", "taxonomies"))
    return {**configs.lowered(extra), **configs.lowered(taxonomies), **file.written}


def _name(file: File) -> tuple[str, str]:
    """Return the date and the rest of the file's name; for `index`, of the folder's name."""
    stem = _language(file)[0]
    return split_date(basename(file.folder) if stem == "index" else stem)


def _language(file: File) -> tuple[str, str]:
    """Split the stem of `post.fr.md` if the site has that language."""
    stem, _, code = file.stem.rpartition(".")
    is_code = stem and code in configs.table(file.options, "languages")
    return (stem, code) if is_code else (file.stem, "")


def _complete(file: File, own: Own) -> None:
    in_path = _DATE.search(file.text("path"))
    own.setdefault("published", _name(file)[0] or ("-".join(in_path.groups()) if in_path else ""))
    if language := _language(file)[1]:
        own.setdefault("language", language)


def _slug(text: str) -> str:
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode()
    return _NOT_IN_SLUG.sub("-", plain.lower()).strip("-")


def _url(file: File, _own: Own) -> str:
    stem, language = _language(file)
    folder = dirname(file.folder) if stem == "index" else file.folder
    path = file.text("path").strip("/")
    if not path:
        name = file.text("slug") or _name(file)[1]
        name = name if file.option("slugify.paths") == "off" else _slug(name)
        path = f"{folder}/{name}".strip("/")
    return f"/{language}/{path}/" if language else f"/{path}/"


def _refer(file: File, reference: str) -> str | None:
    if reference.startswith("@/"):
        return unquote(reference[2:].partition("#")[0])
    return file.linked(reference)


def _markup(file: File, body: str, links: Links) -> str:
    def left_out(code: re.Match[str]) -> str:
        if name := code[1] or code[2]:
            links.left_out(code[0], name)
        return ""

    return render(file, _SHORTCODE.sub(left_out, body))


class _Zola(Program):
    def config(self, root: Path) -> tuple[str, configs.Config]:
        """Return the configuration; other programs also call their files `config.toml`."""
        for name in self.configs:
            values = configs.read(root / name) or {}
            if "base_url" in values:
                return name, values
        return "", {}


GENERATOR = _Zola(
    name="zola",
    layout=Convention(
        keys=_KEYS,
        url=_url,
        inherit=_inherit,
        complete=_complete,
        markup=_markup,
        refer=_refer,
        endings=(".md",),
    ),
    configs=("zola.toml", "config.toml"),
    wanted=frozenset({"languages", "slugify"}),
    trees=("content",),
)
