"""Validates JSON Feed 1.1, and 1.0 where its rules are the same."""

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from feedsvc.check import archives, entries, markup, moments, values
from feedsvc.check.finding import Check, Findings, quoted
from feedsvc.check.grammar import every

VERSION = "https://jsonfeed.org/version/1.1"
_VERSION_10 = "https://jsonfeed.org/version/1"
_VERSIONS = "https://jsonfeed.org/version/"


class _Object:
    """A JSON object. pairs: all keys with their values, including repeated ones."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.value = dict(pairs)
        self.pairs = pairs
        self.sourceline = 1

    def text(self, key: str) -> str:
        """Return the value of a key if it is a text, else ''."""
        value = self.value.get(key)
        return value if isinstance(value, str) else ""


class _Type(NamedTuple):
    """A type of object. name: as used in messages."""

    name: str
    keys: "Mapping[str, _Key]"
    required: tuple[str, ...] = ()


class _Key(NamedTuple):
    """The rules for the value of a key. members: the type of all objects in a list."""

    type: Any = str
    check: Check | None = None
    members: _Type | None = None


_URL = _Key(check=values.iri)
_AUTHOR = _Type("an author", {"name": _Key(), "url": _URL, "avatar": _URL})
_HUB = _Type("a hub", {"type": _Key(), "url": _URL}, ("type", "url"))
_ATTACHMENT = _Type(
    "an attachment",
    {"url": _URL, "mime_type": _Key(check=values.media_type), "title": _Key()}
    | every("size_in_bytes duration_in_seconds", _Key((int, float))),
    ("url", "mime_type"),
)
_SHARED = {
    "title": _Key(check=markup.plain),
    "author": _Key(_Object),
    "authors": _Key(list, members=_AUTHOR),
    "language": _Key(check=values.language),
}
_ITEM = _Type(
    "an item",
    _SHARED
    | every("id content_html content_text summary", _Key())
    | every("url external_url image banner_image", _URL)
    | every("date_published date_modified", _Key(check=moments.rfc3339))
    | {"tags": _Key(list), "attachments": _Key(list, members=_ATTACHMENT)},
)
_FEED = _Type(
    "the feed",
    _SHARED
    | every("version description user_comment", _Key())
    | every("home_page_url feed_url next_url icon favicon", _URL)
    | {"expired": _Key(bool), "hubs": _Key(list, members=_HUB), "items": _Key(list)},
    ("title", "items"),
)


def validate(body: bytes, url: str | None, now: datetime, findings: Findings) -> None:
    """Validate a document in JSON. url: where it was fetched from."""
    feed = _read(body, findings)
    if feed is None:
        return
    version = feed.text("version")
    if not version.startswith(_VERSIONS):
        findings.error("no-feed", 1, f"is JSON without the version of a feed; write {VERSION!r}")
        return
    if version == _VERSION_10:
        findings.note("old-version", 1, f"is JSON Feed 1.0; write {VERSION!r} and `authors`")
    elif version != VERSION:
        findings.error("json-version", 1, f"has the version {quoted(version)}; write {VERSION!r}")
    _validate_feed(feed, url, findings)
    seen: set[str] = set()
    for item in entries.limit(_objects("items", feed, findings), findings):
        _validate_object(item, _ITEM, findings)
        _validate_authors("an item", item, version, findings)
        _validate_item(item, now, findings)
        own = item.value.get("id")
        if isinstance(own, str):
            if own in seen:
                message = f"two items have the id {quoted(own)}; give each its own"
                findings.error("repeated-entry", item, message)
            seen.add(own)


def _read(body: bytes, findings: Findings) -> _Object | None:
    if body.startswith(codecs.BOM_UTF8):
        findings.warning("json-bom", 1, "begins with a byte order mark; remove it")
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_Object, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        findings.error("not-well-formed", line, "is not UTF-8; save it as UTF-8 (RFC 8259 8.1)")
        return None
    except json.JSONDecodeError as error:
        findings.error("not-well-formed", error.lineno, f"is not JSON: {error.msg}; correct it")
        return None
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        findings.error("not-well-formed", 1, f"is not JSON: {reason}; correct it")
        return None
    if not isinstance(value, _Object):
        findings.error("no-feed", 1, "is JSON, but not an object; write the object of a feed")
        return None
    _set_lines(body, value)
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{\n]', re.DOTALL)


def _set_lines(body: bytes, root: _Object) -> None:
    """Set the line on which each object begins."""
    found, line = _walk(root), 1
    for token in _TOKEN.finditer(body):
        if token[0] == b"\n":
            line += 1
        elif token[0] == b"{" and (node := next(found, None)):
            node.sourceline = line


def _walk(value: object) -> Iterator[_Object]:
    """Yield the objects of a document in the order in which they begin."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, _Object):
            yield value
            waiting.extend(each for _, each in reversed(value.pairs))
        elif isinstance(value, list):
            waiting.extend(reversed(value))


def _validate_object(node: _Object, type_: _Type, findings: Findings) -> None:
    """Validate the keys of an object, and the objects in its lists."""
    name = type_.name
    if len(node.value) < len(node.pairs):
        findings.error("repeated-key", node, f"{name} has the same key twice; remove one")
    for key in [key for key in type_.required if key not in node.value]:
        findings.error("missing-key", node, f"{name} has no {key!r}; add it")
    for key, value in node.value.items():
        known = type_.keys.get(key)
        if known is None:
            if not key.startswith("_"):
                message = f"{name} has {quoted(key)}, which is not a key of it; begin it with _"
                findings.warning("unknown-json-key", node, message)
        elif not _is(value, known.type):
            findings.error("wrong-type", node, f"{name} has {key!r} of the wrong type; correct it")
        elif known.check:
            findings.add(known.check(value), node, f"{name} has {key} {quoted(value)}, which")
        elif known.members:
            for each in _objects(key, node, findings):
                _validate_object(each, known.members, findings)


def _is(value: object, kind: Any) -> bool:
    return kind is bool if isinstance(value, bool) else isinstance(value, kind)


def _objects(key: str, node: _Object, findings: Findings) -> list[_Object]:
    """Return the objects in a list, which must contain nothing else."""
    found = node.value.get(key)
    if not isinstance(found, list):
        return []
    objects = [each for each in found if isinstance(each, _Object)]
    if len(objects) < len(found):
        findings.error("wrong-type", node, f"{key!r} contains values that are not objects; fix it")
    return objects


def _validate_feed(feed: _Object, url: str | None, findings: Findings) -> None:
    _validate_object(feed, _FEED, findings)
    _validate_authors("the feed", feed, feed.text("version"), findings)
    for key in ("home_page_url", "feed_url"):
        if key not in feed.value:
            findings.warning("missing-url", feed, f"the feed has no {key!r}; add it")
    own = feed.value.get("feed_url")
    if isinstance(own, str):
        archives.validate_self_url("feed_url", own, feed, url, findings)
        if feed.value.get("next_url") == own:
            findings.error("next-is-self", feed, "next_url is the feed itself; remove it")


def _validate_authors(name: str, node: _Object, version: str, findings: Findings) -> None:
    if "author" in node.value and version == VERSION:
        findings.warning("old-author", node, f"{name} has 'author', replaced by 'authors' in 1.1")
    authors = node.value.get("authors")
    for author in authors if isinstance(authors, list) else ():
        if isinstance(author, _Object) and not author.value.keys() & _AUTHOR.keys.keys():
            findings.error("missing-key", author, "an author has no name, url or avatar; add one")


def _validate_item(item: _Object, now: datetime, findings: Findings) -> None:
    content = item.value
    if content.get("id") is None:
        findings.error("missing-key", item, "an item has no 'id'; add one that never changes")
    elif isinstance(content["id"], str) and not content["id"].strip():
        findings.warning("blank", item, "an item's id is empty; write one that never changes")
    if not {"content_html", "content_text"} & content.keys():
        message = "an item has neither content_html nor content_text; add one"
        findings.error("missing-content", item, message)
    texts = item.text("content_html"), item.text("content_text")
    findings.add_all(markup.faults(texts[0], False), item, "content_html")
    entries.validate_entry_size(item, texts, findings)
    tags = content.get("tags")
    if isinstance(tags, list) and not all(isinstance(tag, str) and tag.strip() for tag in tags):
        findings.error("wrong-type", item, "an item has a tag that is not text; quote it")
    dates = {key: item.text(key) for key in ("date_published", "date_modified")}
    for key, date in dates.items():
        if moment := moments.parse_rfc3339(date):
            findings.add(moments.plausible(moment, now), item, key)
    entries.validate_update(item, dates["date_published"], dates["date_modified"], findings)
