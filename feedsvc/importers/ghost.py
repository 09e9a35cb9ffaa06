"""Reads the JSON export of Ghost: tables of its database, linked by ids.

    {"db": [{"meta": ..., "data": {"posts": [...], "tags": [...], "posts_tags": [...], ...}}]}

Only content that anonymous visitors of the site can read is imported.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from feedsvc import dates, urls
from feedsvc.dates import DateError
from feedsvc.errors import Problem
from feedsvc.importers import texts, wpstatus
from feedsvc.importers.item import Hints, Item, Origin, ParseResult, ParseResults, Refused, Skipped
from feedsvc.importers.records import Record, load_json
from feedsvc.model import Person

_SITE = "__GHOST_URL__"  # replaces the site's URL in exports
_STATUS = {"published": "publish", "scheduled": "future", "draft": "draft"}  # as in WordPress
_MILLISECONDS = re.compile(r"[0-9]{1,14}")
# Parts of a text that only some visitors see. An unclosed one extends to the end.
_GATED = re.compile(
    r"<!--\s*kg-gated-block:begin([^<>]{0,200})-->(.*?)(?:<!--\s*kg-gated-block:end\s*-->|\Z)", re.S
)
_FOR_ALL = re.compile(r"\bnonMember:[\"']?true\b")


def read(source: str, content: bytes, hints: Hints) -> ParseResults:
    """Yield the posts of an export, and its pages if the hints ask for them."""
    export = load_json(source, content)
    if isinstance(export, Problem):
        yield export
        return
    if not hints.site:
        yield texts.no_site(source, "Ghost")
        return
    databases = export.records("db")
    data = (databases[0] if databases else export).record("data")
    tables = _Tables(data)
    for number, each in enumerate(data.records("posts"), 1):
        yield post(Origin(source, 0, number), each, tables.of(each), hints)


@dataclass(frozen=True, slots=True)
class Related:
    """The names of a post's authors and tags, in order. language: of the site."""

    authors: tuple[str, ...]
    tags: tuple[str, ...]
    language: str


class _Tables:
    """The authors and tags of posts, by the ids of the posts."""

    def __init__(self, data: Record) -> None:
        users = {user.text("id"): user.text("name") for user in data.records("users")}
        tags = {
            tag.text("id"): tag.text("name")
            for tag in data.records("tags")
            if tag.text("visibility") != "internal" and not tag.text("name").startswith("#")
        }
        self._users = users
        self._authors = _related(data, "posts_authors", "author_id", users)
        self._tags = _related(data, "posts_tags", "tag_id", tags)
        settings = {row.text("key"): row.text("value") for row in data.records("settings")}
        self._language = settings.get("locale") or settings.get("lang") or ""

    def of(self, post: Record) -> Related:
        """Return the authors and tags of a post, which itself names one author in old versions."""
        number = post.text("id")
        only = filter(None, [self._users.get(post.text("author_id"), "")])
        authors = self._authors.get(number) or only
        return Related(tuple(authors), tuple(self._tags.get(number, ())), self._language)


def _related(data: Record, table: str, key: str, names: dict[str, str]) -> dict[str, list[str]]:
    """Return the names that a table links to each post, sorted by `sort_order`."""
    found = defaultdict(list)
    rows = data.records(table)
    for row in sorted(rows, key=lambda row: texts.length(row.text("sort_order"))):
        if name := names.get(row.text(key)):
            found[row.text("post_id")].append(name)
    return found


def post(origin: Origin, post: Record, related: Related, hints: Hints) -> ParseResult:
    """Return the item of a post with the columns of Ghost's table.

    Its id is derived from the site and the post's id: the `guid` of Ghost's feed is not an IRI.
    """
    status = _STATUS.get(post.text("status"), post.text("status") or "without a status")
    if reason := _skip_reason(post, status, hints):
        return Skipped(reason)
    number = post.text("id")
    seed = f"{hints.site}\n{number}"
    try:
        published = _date(post.text("published_at")) or (
            _date(post.text("created_at")) if status == "draft" else None
        )
        updated = _date(post.text("updated_at"))
    except DateError as error:
        return Refused(number, seed, origin.failure(error))
    body = post.text("html").replace(_SITE, hints.site.rstrip("/"))
    if not body and (post.text("lexical") or post.text("mobiledoc")):
        message = (
            "has its text only in the format of Ghost's editor; save it in Ghost, export again"
        )
        return Refused(number, seed, origin.problem("no-article", message))
    public = _GATED.sub(lambda part: part[2] if _FOR_ALL.search(part[1]) else "", body)
    link = urls.resolve(hints.site, f"{post.text('slug')}/")
    return Item(
        origin,
        id=number,
        seed=seed,
        title=" ".join(post.text("title").split()),
        published=published,
        updated=updated,
        slug=post.text("slug"),
        link=link,
        body=public,
        base=link,
        summary=post.text("custom_excerpt"),
        tags=related.tags,
        authors=tuple(map(Person, related.authors)),
        language=post.text("locale") or related.language,
        image=post.text("feature_image", "image").replace(_SITE, hints.site.rstrip("/")),
        draft=wpstatus.is_draft([status], published or hints.date, hints.now),
        warnings=texts.restricted(origin) if public != body else (),
    )


def _skip_reason(post: Record, status: str, hints: Hints) -> str:
    """Return why a post is skipped, or "". Old versions have neither visibility nor type."""
    is_page = post.flag("page") or post.text("type") == "page"
    kind = "page" if is_page else post.text("type") if "type" in post else "post"
    if kind not in hints.kinds():
        return kind or "of unknown type"
    if "visibility" in post and post.text("visibility") != "public":
        return f"for {post.text('visibility') or 'unknown readers'}"
    return wpstatus.skip_reason([status], [])


def _date(text: str) -> datetime | None:
    """Parse a date, which is in UTC, or in milliseconds in old versions. Raises DateError."""
    if _MILLISECONDS.fullmatch(text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(text) // 1000)
    return dates.parse(text, UTC, {}) if text else None
