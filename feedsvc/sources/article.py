"""Makes an Article of one file, or says in Problems why it cannot; nothing is guessed."""

import difflib
import hashlib
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from feedsvc import dates, html, syntax, urls
from feedsvc.config.settings import Settings
from feedsvc.errors import ArticleError, Problem, Severity
from feedsvc.model import (
    MAX_ID,
    MAX_LANGUAGE,
    MAX_SLUG,
    MAX_URL,
    PLAIN,
    Article,
    ContentChoice,
    FeedRef,
    Kind,
    excess,
)
from feedsvc.sources.attachments import Attachments, Folder
from feedsvc.sources.frontmatter import FrontMatter, split
from feedsvc.sources.protocol import Reading, Written
from feedsvc.sources.scan import shown_path
from feedsvc.sources.trees import generator, layout
from feedsvc.sources.values import FLAGS, Values, absolute

MAX_SIZE = 5_000_000  # bytes; a long novel has one

KEYS = frozenset(
    {"title", "published", "updated", "expires", "slug", "id", "summary", "categories", "tags"}
    | {"authors", "language", "link", "image", "enclosures", "draft", "content", "feeds"}
    | {"comments"}
)


class ArticleReader:
    """Reads article files by one site's settings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._zone = settings.zone
        self._zones = settings.zones
        name = settings.tree.name
        self._folder = Folder(os.path.realpath(settings.content), layout(name).endings)
        self._foreign = None if name == PLAIN else generator(name).reader(settings, self._text)
        self._by_path = urls.has_path(settings.article_link)

    def read(self, path: str) -> Reading:
        """Read one file below the content folder. Never raises for what the file holds."""
        front = FrontMatter({}, "")
        article, written = None, None
        try:
            text = self._text(path)
            safe = html.xml_safe(text)
            front, body = self._foreign.split(path, safe) if self._foreign else split(safe)
            written = self._written(path, safe, front, body)
            if written is None:
                return Reading(path, None)
            front = written.front
            values = Values(front)
            article = self._article(path, values, written, _hash(text))
            found = values.warnings + _lost_characters(text, written) + written.warnings
        except ArticleError as error:
            article, found = None, [error]
        problems = tuple(self._problem(path, front, error) for error in found)
        return Reading(path, article, problems, written)

    def names(self, path: str) -> tuple[str, str]:
        """Return the slug and the id in the front matter of a file; '' for no id."""
        found = {"slug": "", "id": ""}
        with suppress(ArticleError):
            values = Values(split(html.xml_safe(self._text(path)))[0])
            for key in found:
                with suppress(ArticleError):
                    found[key] = values.text(key)
        return slug_of(path, found["slug"]), found["id"]

    def _problem(self, path: str, front: FrontMatter, error: ArticleError) -> Problem:
        shown = shown_path(self._settings.content, self._settings.site, path)
        line = error.line or (front.line(error.key) if error.key else 0)
        return Problem(shown, line, error.code, error.message, error.severity)

    def _text(self, path: str) -> str:
        try:
            with open(self._folder.full(path), "rb", buffering=0) as source:
                size = os.fstat(source.fileno()).st_size
                if size > MAX_SIZE:
                    message = f"has {size / 1e6:.0f} MB; an article may have 5 MB: split it"
                    raise ArticleError("too-large", message)
                content = source.read()
        except OSError as error:
            message = f"cannot be read: {error.strerror}; check its permissions"
            raise ArticleError("unreadable", message) from None
        return decode(content)

    def _written(self, path: str, text: str, front: FrontMatter, body: str) -> Written | None:
        """Return a file by our own keys, with its body as HTML; None if it is no article."""
        if self._foreign:
            return self._foreign.translate(path, text, front, body)
        return Written(text, front, body, body if path.endswith(".html") else html.markdown(body))

    def _article(self, path: str, values: Values, written: Written, text_hash: str) -> Article:
        settings = self._settings
        if html.is_too_deep(written.raw):
            raise ArticleError("bad-markup", "nests too deeply; make it flatter")
        self._warn_of_unknown_keys(values)
        slug, place = self._slug(path, values, written.path)
        published, updated, expires = self._dates(values)
        own = urls.absolute(
            settings.base_url, urls.article_path(settings.article_link, slug, published, place)
        )
        slug_key = values.name("slug")
        _require_fit("the article's URL", own, MAX_URL, slug_key)
        native_id = written.native_id or ""
        _require_fit("the id made of the article's URL", native_id, MAX_ID, slug_key)
        attachments = Attachments(self._folder, path, settings.base_url, own)
        title, raw = values.text("title"), written.raw
        if not title:
            title, raw = html.take_heading(raw)
        if not title:
            name = values.name("title")
            message = f"has no title; add `{name}: ...` or begin the text with a heading"
            raise ArticleError("missing-title", message, line=1)
        content = html.sanitise(raw, _resolver(written, attachments)).strip()
        values.warnings.extend(attachments.warnings)
        external = values.url("link", own)
        language = self._language(values)
        authors = values.people("authors") or ((settings.author,) if settings.author else ())
        terms: dict[FeedRef, str] = {}
        for ref, label in (
            *values.terms("categories", Kind.CATEGORY),
            *values.terms("tags", Kind.TAG),
            *((values.ref("authors", Kind.AUTHOR, each.name), each.name) for each in authors),
            (FeedRef(Kind.LANGUAGE, language), language),
        ):
            if ref:
                terms.setdefault(ref, label)
        return Article(
            path=path,
            slug=slug,
            id=self._id(values),
            title=title,
            published=published,
            updated=updated,
            expires=expires,
            summary=self._summary(values, raw, content),
            html=content,
            link=own,
            external=external if external != own else None,
            comments=_comments(values, own),
            authors=authors,
            terms=tuple(terms.items()),
            language=language,
            image=self._image(values, attachments),
            enclosures=attachments.enclosures(values),
            content=values.choice("content", ContentChoice),
            draft=values.flag("draft", False),
            feeds=values.flag("feeds", True),
            files=attachments.files,
            text_hash=text_hash,
            native_id=written.native_id,
        )

    def _image(self, values: Values, attachments: Attachments) -> str | None:
        """Return the picture's URL; other generators may have it outside the content folder."""
        written = values.text("image")
        if not written:
            return None
        if not self._foreign or syntax.is_url(written) or attachments.holds(written):
            return attachments.url(values, "image", written)
        if written.startswith("/"):
            return absolute("image", attachments.resolve(written), values.name("image"))
        name = values.name("image")
        message = (
            f"`{name}` names {written!r}, which is not below the content folder; it is left out"
        )
        values.warn("left-out", message, "image")
        return None

    def _warn_of_unknown_keys(self, values: Values) -> None:
        for key in sorted(values.keys - KEYS):
            close = difflib.get_close_matches(key.lower(), sorted(KEYS), 1, 0.6)
            hint = f"did you mean `{close[0]}`?" if close else "remove it"
            values.warn("unknown-key", f"`{key}` is no front-matter key; {hint}", key)

    def _slug(self, path: str, values: Values, place: str) -> tuple[str, str]:
        """Return the slug, and the path of the URL if articles have their own.

        place: that path on the site that the article was written for, or ''.
        """
        slug = slug_of(path, values.text("slug"))
        if self._by_path and not place:
            folder, name = os.path.split(os.path.splitext(path)[0])
            folder = os.path.dirname(folder) if name == "index" else folder
            place = html.xml_safe(f"{folder}/{slug}" if folder else slug)
        if place:
            slug = urls.path_slug(place)
        if not urls.is_addressable(slug):
            name = values.name("slug")
            message = f"the slug is empty or has only dots; write `{name}: some-words`"
            raise ArticleError("bad-slug", message, key="slug")
        _require_fit("the slug", slug, MAX_SLUG, values.name("slug"))
        return slug, place

    def _dates(self, values: Values) -> tuple[datetime, datetime, datetime | None]:
        published = self._date("published", values)
        if published is None:
            name = values.name("published")
            message = f"has no date; add `{name}: 2022-02-17 09:30`"
            raise ArticleError("missing-date", message, line=1)
        updated = self._date("updated", values) or published
        if updated < published:
            names = f"`{values.name('updated')}` is before `{values.name('published')}`"
            message = f"{names}; it is taken to be the same: mend one"
            values.warn("updated-before-published", message, "updated")
            updated = published
        expires = self._date("expires", values)
        if expires and expires <= published:
            names = f"`{values.name('expires')}` is not after `{values.name('published')}`"
            message = f"{names}; mend one of the two"
            raise ArticleError("bad-date", message, key="expires")
        return published, updated, expires

    def _date(self, key: str, values: Values) -> datetime | None:
        value = values.raw(key)
        if value is None or value == "":
            return None
        try:
            return dates.parse(value, self._zone, self._zones)
        except dates.DateError as error:
            message = f"`{values.name(key)}` {error}"
            raise ArticleError("bad-date", message, key=key) from None

    def _language(self, values: Values) -> str:
        language = values.text("language") or self._settings.language
        name = values.name("language")
        _require_fit(f"`{name}`", language, MAX_LANGUAGE, name, "language")
        if not syntax.is_language(language):
            message = f"`{name}` {language!r} is not a language tag; write `en` or `pt-br`"
            raise ArticleError("bad-value", message, key="language")
        return language.lower()

    def _id(self, values: Values) -> str | None:
        written = values.text("id")
        name = values.name("id")
        _require_fit(f"`{name}`", written, MAX_ID, name, "id")
        if written and not syntax.is_iri(written):
            message = (
                f"`{name}` {written!r} is not an absolute IRI; "
                "write one like `urn:uuid:...`, `tag:...` or `https://...`"
            )
            raise ArticleError("bad-id", message, key="id")
        return written or None

    def _summary(self, values: Values, raw: str, content: str) -> str:
        written = values.text("summary")
        if written:
            return written
        before = html.split_more(raw)
        if before is not None:
            return html.plain(html.sanitise(before, str))
        return html.excerpt(content)


def _comments(values: Values, own: str) -> str | None:
    """Return the URL of the comments; None for a flag, by which other programs enable comments."""
    written = values.raw("comments")
    is_flag = isinstance(written, bool) or str(written).lower() in FLAGS
    return None if is_flag else values.url("comments", own)


def _require_fit(what: str, text: str, limit: int, name: str, key: str = "slug") -> None:
    """Raise ArticleError (too-long) for a text of more bytes than the limit.

    key: what to write shorter; name: that key as it is written.
    """
    if over := excess(text, limit):
        raise ArticleError("too-long", f"{what} {over}; write a shorter `{name}`", key=key)


def decode(content: bytes) -> str:
    """Return a file's text with LF line ends. Raises ArticleError (not-utf8, empty)."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ArticleError("not-utf8", "is not UTF-8 text; save it as UTF-8", line=line) from None
    if not text or text.isspace():
        raise ArticleError("empty", "is empty; write the article or remove the file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _hash(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def slug_of(path: str, written: str) -> str:
    """Return the slug of the article in a file: what is written, else the file's name."""
    folder, name = os.path.split(os.path.splitext(path)[0])
    if name == "index" and folder:
        name = os.path.basename(folder)
    return urls.term(html.xml_safe(written or name))


# References to characters that XML cannot carry, as parsers of HTML understand them.
_LOST_REFERENCE = re.compile(
    r"(?i)&#(?:0*(?:[1-8]|1[124-9]|2[0-9]|3[01]|6553[45])(?![0-9])"
    r"|x0*(?:[1-8bcef]|1[0-9a-f]|fff[ef])(?![0-9a-f]));?"
)


def _resolver(written: Written, attachments: Attachments) -> Callable[[str], str]:
    """Return a function that makes a URL of a text absolute."""
    refer = written.refer
    if refer is None:
        return attachments.resolve
    return lambda reference: attachments.resolve(refer(reference))


def _lost_characters(text: str, written: Written) -> list[ArticleError]:
    """Return warnings of what is left out: control characters, and references to them.

    A reference counts only where HTML understands it, which it does not in Markdown's code.
    """
    safe, body, raw = written.text, written.body, written.raw
    lost = []
    if safe != text:
        at = next(i for i, (a, b) in enumerate(zip(text, f"{safe} ", strict=False)) if a != b)
        lost.append((at, f"the control character U+{ord(text[at]):04X}"))
    if "&#" in body and (html.xml_safe(raw) != raw or _LOST_REFERENCE.search(raw)):
        reference = _LOST_REFERENCE.search(body)
        if reference:
            at = len(safe) - len(body) + reference.start()
            lost.append((at, f"`{reference[0]}`, which XML cannot carry"))
    return [
        ArticleError(
            "control-character",
            f"holds {what}; it is left out: delete it",
            line=safe.count("\n", 0, at) + 1,
            severity=Severity.WARNING,
        )
        for at, what in lost
    ]
