"""Reads one file as an Article, or reports in Problems why it is not one."""

import difflib
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from feedsvc import dates, features, html, urls
from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, Severity
from feedsvc.model import (
    MAX_ID,
    MAX_SLUG,
    MAX_URL,
    PLAIN,
    Article,
    ContentChoice,
    FeedRef,
    Kind,
    Person,
)
from feedsvc.sources import enclosures
from feedsvc.sources.attachments import Attachments, Folder
from feedsvc.sources.frontmatter import FrontMatter, split
from feedsvc.sources.plain import PlainReader, own_keys, slug_of, stem
from feedsvc.sources.protocol import Reading, Written
from feedsvc.sources.scan import shown_path
from feedsvc.sources.text import decode, lost_characters
from feedsvc.sources.trees import Reader, generator, layout
from feedsvc.sources.values import Values

MAX_SIZE = 5_000_000  # bytes, the size of a long novel
_SIMILAR = 0.8  # the similarity to `published` above which a key is taken for a misspelling
KEYS = frozenset(
    {"title", "published", "updated", "expires", "slug", "id", "summary", "categories", "tags"}
    | {"authors", "language", "link", "image", "enclosures", "draft", "content", "feeds"}
    | {"comments"}
)


class ArticleReader:
    """Reads the article files of one site."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        name = settings.tree.name
        self._folder = Folder(os.path.realpath(settings.content), layout(name).endings)
        self._is_plain = name == PLAIN
        self._reader: Reader = (
            PlainReader() if self._is_plain else generator(name).reader(settings, self._text)
        )
        self._by_path = urls.has_path(settings.article_link)
        self._used = features.used(settings)

    def read(self, path: str) -> Reading:
        """Read one file below the content folder. Never raises because of its content."""
        front = FrontMatter({}, "")
        article, written = None, None
        uses: Mapping[str, str] = {}
        try:
            text = self._text(path)
            safe = html.xml_safe(text)
            front, body = self._reader.split(path, safe)
            written = self._reader.translate(path, safe, front, body)
            if written is None:
                return Reading(path, None)
            front = written.front
            values = Values(front)
            article, uses = self._article(path, values, written, _hash(text))
            lost = lost_characters(text, written)
            found = [*front.warnings, *values.warnings, *lost, *written.warnings]
        except ArticleError as error:
            article, found = None, [error]
        problems = tuple(
            error.problem(self._shown(path), front.line(error.key) if error.key else 0)
            for error in found
        )
        return Reading(path, article, problems, written, uses)

    def names(self, path: str) -> tuple[str, str]:
        """Return the slug and the id in the front matter of a file; '' for no id."""
        found = {"slug": "", "id": ""}
        with suppress(ArticleError):
            values = Values(own_keys(path, split(html.xml_safe(self._text(path)))[0]))
            for key in found:
                with suppress(ArticleError):
                    found[key] = values.text(key)
        return slug_of(path, found["slug"]), found["id"]

    def text_hash(self, path: str) -> str:
        """Return the `text_hash` of the article in a file. Raises ArticleError."""
        return _hash(self._text(path))

    def _shown(self, path: str) -> str:
        return shown_path(self._settings.content, self._settings.site, path)

    def _text(self, path: str) -> str:
        try:
            with open(self._folder.full(path), "rb", buffering=0) as source:
                size = os.fstat(source.fileno()).st_size
                if size > MAX_SIZE:
                    message = f"has {size / 1e6:.0f} MB, and the limit is 5 MB; split it"
                    raise ArticleError("too-large", message)
                content = source.read()
        except OSError as error:
            message = f"cannot be read: {error.strerror}; check its permissions"
            raise ArticleError("unreadable", message) from None
        return decode(content)

    def _article(
        self, path: str, values: Values, written: Written, text_hash: str
    ) -> tuple[Article, Mapping[str, str]]:
        """Return an article, and the files it depends on; see `Reading`. Raises ArticleError."""
        settings = self._settings
        raw = _shallow(values, written.raw)
        _warn_of_unknown_keys(values)
        slug, place = self._slug(path, values, written.path)
        published, updated, expires = self._dates(path, values)
        pattern = settings.article_link
        own = urls.absolute(settings.base_url, urls.article_path(pattern, slug, published, place))
        values.require_fit("slug", own, MAX_URL, "the article's URL")
        native_id = written.native_id
        values.require_fit("slug", native_id or "", MAX_ID, "the id, which is the article's URL,")
        title, raw = _title(values, raw)
        attachments = Attachments(self._folder, path, settings.base_url, own, settings.media_url)

        def resolve(reference: str) -> str:
            return attachments.resolve(written.refer(reference) if written.refer else reference)

        content = html.sanitise(raw, resolve).strip()
        values.warnings.extend(attachments.warnings)
        external = values.url("link", own)
        language = values.language("language", settings.language)
        authors = values.people("authors") or ((settings.author,) if settings.author else ())
        sections = [folder for folder in settings.sections if path.startswith(f"{folder}/")]
        image = attachments.image(values, self._is_plain)
        more = self._more(values, attachments)
        article = Article(
            path=path,
            slug=slug,
            id=values.iri("id"),
            title=title,
            published=published,
            updated=updated,
            expires=expires,
            summary=_summary(values, raw, content),
            html=content,
            link=own,
            external=external if external != own else None,
            # Other programs enable comments with a flag of this name.
            comments=None if values.is_flag("comments") else values.url("comments", own),
            authors=authors,
            terms=_terms(values, authors, language, sections),
            language=language,
            image=image,
            content=values.choice("content", ContentChoice),
            draft=values.flag("draft", False),
            feeds=values.flag("feeds", True),
            files=attachments.files,
            text_hash=text_hash,
            native_id=native_id,
        )
        return replace(article, **more), attachments.uses

    def _more(self, values: Values, attachments: Attachments) -> dict[str, Any]:
        """Return the enclosures, and the fields that features read. Raises ArticleError."""
        found: dict[str, Any] = {"enclosures": list(enclosures.read(values, attachments))}
        for each in features.installed():
            with features.naming(each):
                found |= each.read(values, attachments, found["enclosures"], each in self._used)
        return found | {"enclosures": tuple(map(enclosures.typed, found["enclosures"]))}

    def _slug(self, path: str, values: Values, place: str) -> tuple[str, str]:
        """Return the slug, and the path of the article's URL if the site's URLs contain paths.

        place: the path of the URL that the generator gives the article, or ''.
        """
        slug = slug_of(path, values.text("slug"))
        if self._by_path and not place:
            folder, name = os.path.split(os.path.splitext(path)[0])
            folder = os.path.dirname(folder) if name == "index" else folder
            place = html.xml_safe(os.path.join(folder, slug))
        if place:
            slug = urls.path_slug(place)
        if not urls.is_addressable(slug):
            message = f"has a slug without letters; write `{values.name('slug')}: some-words`"
            raise ArticleError("bad-slug", message, key="slug")
        values.require_fit("slug", slug, MAX_SLUG, "the slug")
        return slug, place

    def _dates(self, path: str, values: Values) -> tuple[datetime, datetime, datetime | None]:
        published = self._published(path, values)
        name = values.name("published")
        updated = values.date("updated", self._settings) or published
        if updated < published:
            message = f"is before `{name}`, whose date is used for both; correct one of them"
            values.warn("updated-before-published", "updated", message)
            updated = published
        expires = values.date("expires", self._settings)
        if expires and expires <= published:
            message = f"is not after `{name}`; correct one of them"
            raise values.error("bad-date", "expires", message)
        return published, updated, expires

    def _published(self, path: str, values: Values) -> datetime:
        """Return the date of publication. Raises ArticleError (missing-date, bad-date).

        A date in the file's name replaces one in the front matter that cannot be read.
        """
        day, _ = dates.dated_name(stem(path))
        try:
            found = values.date("published", self._settings)
        except ArticleError as error:
            if not day:
                raise
            values.warnings.append(error.as_warning("; the date in the file's name is used"))
            found = None
        if found is None and day:
            found = dates.parse(day, self._settings.zone, {})
        if found is None:
            raise _missing_date(values)
        return found


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _shallow(values: Values, raw: str) -> str:
    """Return raw HTML that can be parsed; if it nests too deeply, warn and simplify it."""
    raw, lost = html.shallow(raw)
    if lost:
        message = f"is nested too deeply, so {lost} is left out; make it flatter"
        values.warnings.append(ArticleError("bad-markup", message, severity=Severity.WARNING))
    return raw


def _unknown(values: Values) -> list[str]:
    return sorted(values.keys - KEYS - features.keys())


def _warn_of_unknown_keys(values: Values) -> None:
    for key in _unknown(values):
        known = sorted(KEYS | features.keys())
        close = difflib.get_close_matches(key.lower(), known, 1, 0.6)
        hint = f"did you mean `{close[0]}`?" if close else "remove it"
        values.warn("unknown-key", key, f"is not a front-matter key; {hint}")


def _missing_date(values: Values) -> ArticleError:
    """Return the error of a file without a date: a page, unless the key seems to be misspelled."""
    name = values.name("published")
    hint = ""
    if "published" in values.keys:
        hint = f"write one, as `{name}: 2022-02-17 09:30`"
    elif close := difflib.get_close_matches("published", _unknown(values), 1, _SIMILAR):
        hint = f"did you mean `published` by `{close[0]}`?"
    if hint:
        return ArticleError("missing-date", f"has no date; {hint}", line=1)
    message = f"has no date, so it is a page; add `{name}: 2022-02-17 09:30` to publish it"
    return ArticleError("missing-date", message, line=1, severity=Severity.NOTE)


def _title(values: Values, raw: str) -> tuple[str, str]:
    """Return the title and the HTML below it: the key's, or else the first heading."""
    if title := values.text("title"):
        return title, raw
    title, rest = html.take_heading(raw)
    if not title:
        message = f"has no title; add `{values.name('title')}: ...` or begin with a heading"
        raise ArticleError("missing-title", message, line=1)
    return title, rest


def _terms(
    values: Values, authors: tuple[Person, ...], language: str, sections: list[str]
) -> tuple[tuple[FeedRef, str], ...]:
    """Return the terms of an article with their labels, each once."""
    terms: dict[FeedRef, str] = {}
    for ref, label in (
        *values.terms("categories", Kind.CATEGORY),
        *values.terms("tags", Kind.TAG),
        *((values.ref("authors", Kind.AUTHOR, each.name), each.name) for each in authors),
        (FeedRef(Kind.LANGUAGE, language), language),
        *((FeedRef(Kind.SECTION, urls.term(folder)), folder) for folder in sections),
    ):
        if ref:
            terms.setdefault(ref, label)
    return tuple(terms.items())


def _summary(values: Values, raw: str, content: str) -> str:
    if summary := values.text("summary"):
        return summary
    before = html.split_more(raw)
    if before is not None:
        return html.plain(html.sanitise(before, str))
    return html.excerpt(content)
