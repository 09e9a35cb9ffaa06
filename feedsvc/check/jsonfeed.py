"""Validates JSON Feed 1.1, and 1.0 by the same rules where they agree."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn

from feedsvc.check import archives, entries, moments, values
from feedsvc.check.finding import Findings, shown
from feedsvc.check.values import Check

VERSION = "https://jsonfeed.org/version/1.1"
_OLD = "https://jsonfeed.org/version/1"
_PREFIX = "https://jsonfeed.org/version/"

Object = dict[str, Any]
_FEED_KEYS = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str,
    "user_comment": str, "next_url": str, "icon": str, "favicon": str, "author": dict,
    "authors": list, "language": str, "expired": bool, "hubs": list, "items": list,
}  # fmt: skip
_ITEM_KEYS = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str,
    "content_text": str, "summary": str, "image": str, "banner_image": str, "date_published": str,
    "date_modified": str, "author": dict, "authors": list, "tags": list, "language": str,
    "attachments": list,
}  # fmt: skip
_AUTHOR_KEYS = {"name": str, "url": str, "avatar": str}
_ATTACHMENT_KEYS = {
    "url": str, "mime_type": str, "title": str, "size_in_bytes": (int, float),
    "duration_in_seconds": (int, float),
}  # fmt: skip
_HUB_KEYS = {"type": str, "url": str}
_CHECKS: dict[str, Check] = {
    "home_page_url": values.iri, "feed_url": values.iri, "next_url": values.iri,
    "icon": values.iri, "favicon": values.iri, "url": values.iri, "external_url": values.iri,
    "image": values.iri, "banner_image": values.iri, "avatar": values.iri,
    "date_published": moments.rfc3339, "date_modified": moments.rfc3339,
    "language": values.language, "mime_type": values.media_type,
}  # fmt: skip


def validate(body: bytes, url: str | None, now: datetime, findings: Findings) -> None:
    """Validate a document in JSON. url: where it was fetched from."""
    feed = _read(body, findings)
    if feed is None:
        return
    validated = _Validator(feed, _lines(body, feed), findings)
    version = feed.value.get("version")
    if not isinstance(version, str) or not version.startswith(_PREFIX):
        findings.error("no-feed", 1, f"is JSON without the version of a feed; write {VERSION!r}")
        return
    if version == _OLD:
        findings.note("old-version", 1, f"is JSON Feed 1.0; write {VERSION!r} and `authors`")
    elif version != VERSION:
        findings.error("json-version", 1, f"has the version {shown(version)}; write {VERSION!r}")
    validated.validate_feed(url, now)


class _Node:
    """An object with the keys that it names twice."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.value = dict(pairs)
        self.pairs = pairs


def _read(body: bytes, findings: Findings) -> _Node | None:
    if body.startswith(b"\xef\xbb\xbf"):
        findings.warning(
            "json-bom", 1, "begins with a byte order mark, which JSON has not; remove it"
        )
    try:
        text = body.decode("utf-8-sig")
        value = json.loads(text, object_pairs_hook=_Node, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        findings.error("not-well-formed", line, "is not UTF-8; save it as UTF-8 (RFC 8259 8.1)")
        return None
    except json.JSONDecodeError as error:
        findings.error("not-well-formed", error.lineno, f"is not JSON: {error.msg}; fix it")
        return None
    except (ValueError, RecursionError) as error:
        reason = "it nests too deeply" if isinstance(error, RecursionError) else error
        findings.error("not-well-formed", 1, f"is not JSON: {reason}; fix it")
        return None
    if not isinstance(value, _Node):
        findings.error("no-feed", 1, "is JSON, but no object; a feed is one")
        return None
    return value


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{\n]', re.DOTALL)


def _lines(body: bytes, root: _Node) -> dict[int, int]:
    """Return the line on which each object begins, by the identity of the object."""
    lines, line = [], 1
    for token in _TOKEN.finditer(body):
        if token[0] == b"\n":
            line += 1
        elif token[0] == b"{":
            lines.append(line)
    return {id(node): line for node, line in zip(_walk(root), lines, strict=False)}


def _walk(value: object) -> Iterator[_Node]:
    """Yield the objects of a document in the order in which they begin."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, _Node):
            yield value
            waiting.extend(each for _, each in reversed(value.pairs))
        elif isinstance(value, list):
            waiting.extend(reversed(value))


class _Validator:
    """One feed while it is validated."""

    def __init__(self, feed: _Node, lines: dict[int, int], findings: Findings) -> None:
        self._feed = feed
        self._lines = lines
        self._findings = findings

    def validate_feed(self, url: str | None, now: datetime) -> None:
        """Validate the top level, and each item."""
        feed = self._feed.value
        self._keys("the feed", self._feed, _FEED_KEYS)
        for key in ("title", "items"):
            if key not in feed:
                self._error("missing-key", self._feed, f"the feed has no {key!r}; add it")
        for key in ("home_page_url", "feed_url"):
            if key not in feed:
                self._warning("missing-url", self._feed, f"the feed has no {key!r}; add it")
        if isinstance(feed.get("title"), str):
            self._plain("the title", self._feed, feed["title"])
        self._own_url(url)
        self._authors("the feed", self._feed)
        for hub in self._objects("hubs", self._feed):
            self._keys("a hub", hub, _HUB_KEYS, ("type", "url"))
        seen: set[str] = set()
        items = self._objects("items", self._feed)
        for item in entries.limit(items, self._findings):
            self._item(item, seen, now)

    def _own_url(self, url: str | None) -> None:
        own = self._feed.value.get("feed_url")
        if not isinstance(own, str):
            return
        archives.validate_self_url("feed_url", own, self._line(self._feed), url, self._findings)
        if self._feed.value.get("next_url") == own:
            message = "next_url is the feed itself, and readers go in a circle; remove it"
            self._error("next-is-self", self._feed, message)

    def _item(self, item: _Node, seen: set[str], now: datetime) -> None:
        values_ = item.value
        self._keys("an item", item, _ITEM_KEYS)
        own = values_.get("id")
        if own is None:
            self._error("missing-key", item, "an item has no 'id'; add one that never changes")
        elif isinstance(own, str):
            if not own.strip():
                self._warning("blank", item, "an item's id is empty; write one that never changes")
            if own in seen:
                message = f"two items have the id {shown(own)}; give each its own"
                self._error("repeated-entry", item, message)
            seen.add(own)
        if "content_html" not in values_ and "content_text" not in values_:
            message = "an item has neither content_html nor content_text; add one"
            self._error("missing-content", item, message)
        title = values_.get("title")
        if isinstance(title, str):
            self._plain("a title", item, title)
        content = values_.get("content_html")
        if isinstance(content, str):
            entries.validate_html("content_html", self._line(item), content, False, self._findings)
        self._dates(item, now)
        self._authors("an item", item)
        tags = values_.get("tags")
        if isinstance(tags, list) and not all(isinstance(tag, str) and tag.strip() for tag in tags):
            self._error("wrong-type", item, "an item has a tag that is no text; write it in quotes")
        for each in self._objects("attachments", item):
            self._keys("an attachment", each, _ATTACHMENT_KEYS, ("url", "mime_type"))
        texts = [text for key in ("content_html", "content_text")
                 if isinstance(text := values_.get(key), str)]  # fmt: skip
        entries.validate_entry_size(self._line(item), texts, self._findings)

    def _dates(self, item: _Node, now: datetime) -> None:
        found = {}
        for key in ("date_published", "date_modified"):
            value = item.value.get(key)
            found[key] = moments.parse_rfc3339(value) if isinstance(value, str) else None
            entries.validate_date(key, self._line(item), found[key], now, self._findings)
        published, modified = found["date_published"], found["date_modified"]
        entries.validate_update(self._line(item), published, modified, self._findings)

    def _authors(self, where: str, node: _Node) -> None:
        if "author" in node.value and self._feed.value.get("version") == VERSION:
            message = f"{where} has 'author', which 1.1 replaced; write 'authors'"
            self._warning("old-author", node, message)
        for author in self._objects("authors", node):
            self._keys("an author", author, _AUTHOR_KEYS)
            if not author.value.keys() & _AUTHOR_KEYS.keys():
                self._error("missing-key", author, "an author has no name, url or avatar; add one")

    def _objects(self, key: str, node: _Node) -> list[_Node]:
        found = node.value.get(key)
        if not isinstance(found, list):
            return []
        if not all(isinstance(each, _Node) for each in found):
            self._error("wrong-type", node, f"{key!r} holds what is no object; write {{...}}")
        return [each for each in found if isinstance(each, _Node)]

    def _keys(
        self, where: str, node: _Node, known: dict[str, Any], required: tuple[str, ...] = ()
    ) -> None:
        if len(node.value) < len(node.pairs):
            self._error("repeated-key", node, f"{where} has one key twice; remove one")
        for key in required:
            if key not in node.value:
                self._error("missing-key", node, f"{where} has no {key!r}; add it")
        for key, value in node.value.items():
            if key not in known:
                if not key.startswith("_"):
                    message = f"{where} has {shown(key)}, which is no key of it; begin it with _"
                    self._warning("unknown-json-key", node, message)
            elif not _is(value, known[key]):
                message = f"{where} has {key!r} of the wrong type; see the specification"
                self._error("wrong-type", node, message)
            elif key in _CHECKS and (fault := _CHECKS[key](value)):
                told = fault.of(f"{where} has {key} {shown(value)}, which")
                self._findings.add(told, self._line(node))

    def _plain(self, where: str, node: _Node, text: str) -> None:
        entries.validate_plain(where, self._line(node), text, self._findings)

    def _error(self, code: str, node: _Node, message: str) -> None:
        self._findings.error(code, self._line(node), message)

    def _warning(self, code: str, node: _Node, message: str) -> None:
        self._findings.warning(code, self._line(node), message)

    def _note(self, code: str, node: _Node, message: str) -> None:
        self._findings.note(code, self._line(node), message)

    def _line(self, node: _Node) -> int:
        return self._lines.get(id(node), 1)


def _is(value: object, kind: Any) -> bool:
    if kind is dict:
        return isinstance(value, _Node)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, kind)
