"""The posts of WordPress."""

import re
from collections import defaultdict
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote

from feedsvc import urls
from feedsvc.database.columns import as_text
from feedsvc.database.query import Values
from feedsvc.importers import wpcontent, wppost
from feedsvc.importers.item import Hints, Item, Origin
from feedsvc.importers.wppost import Attachment, Attachments, Post

_TAG = re.compile(r"%(\w+)%")
_THUMBNAIL = "_thumbnail_id"


def attachments(row: Values) -> Iterator[int]:
    """Yield the numbers of the attachments that a post names."""
    for pair in row["metadata"]:
        if pair["meta_key"] == _THUMBNAIL and as_text("", pair["meta_value"]).isdigit():
            yield int(pair["meta_value"])
    yield from wpcontent.gallery_numbers(as_text("", row["post_content"]))


def item(origin: Origin, row: Values, common: list[Values], hints: Hints) -> Item:
    """Return the item of a post."""
    site = _Site(common)
    texts = {name: as_text(name, row[name]) for name in row if name not in _LISTS}
    terms = defaultdict(list)
    for each in row["terms"]:
        terms[each["taxonomy"]].append(as_text("name", each["name"]))
    metadata = defaultdict(list)
    for each in row["metadata"]:
        metadata[each["meta_key"]].append(as_text("metadata", each["meta_value"]))
    found = Attachments()
    for parent, rows in ((texts["id"], row["attached"]), ("", row["attachments"])):
        for each in rows:
            order = int(each["position"] or 0)
            caption = as_text("post_excerpt", each["post_excerpt"])
            attachment = Attachment(site.file(each), caption, order)
            found.add(str(each["number"]), parent, attachment)
    post = Post(
        number=texts["id"],
        guid=unescape(texts["guid"]),
        link=site.link(row, texts),
        title=texts["post_title"],
        content=texts["post_content"],
        excerpt=texts["post_excerpt"],
        name=texts["post_name"],
        statuses=(texts["post_status"],),
        author=texts["author"],
        dates=(texts["post_date"], texts["post_date_gmt"]),
        modified=(texts["post_modified"], texts["post_modified_gmt"]),
        metadata=metadata,
        categories=tuple(terms["category"]),
        tags=tuple(terms["post_tag"]),
    )
    return wppost.item(origin, post, found, hints, site.language)


_LISTS = frozenset({"terms", "metadata", "attached", "attachments", "public"})


class _Site:
    """The options of WordPress that URLs depend on."""

    def __init__(self, common: list[Values]) -> None:
        options = {each["name"]: each["value"] or "" for each in common if each["kind"] == "option"}
        self.language = options.get("WPLANG", "")
        self._home = options.get("home", "").rstrip("/")
        self._permalinks = options.get("permalink_structure", "")
        uploads = options.get("upload_url_path")
        self._uploads = uploads or f"{options.get('siteurl', '').rstrip('/')}/wp-content/uploads"
        self._default = options.get("default_category", "")
        self._categories = {
            str(each["number"]): (each["value"], str(each["parent"]))
            for each in common
            if each["kind"] == "category"
        }

    def file(self, row: Values) -> str:
        """Return the URL of an attachment."""
        path = as_text("path", row["path"])
        return f"{self._uploads}/{quote(path)}" if path else as_text("guid", row["guid"])

    def link(self, row: Values, texts: dict[str, str]) -> str:
        """Return the permalink of a post, which for other types is an address that redirects."""
        if not self._permalinks or texts["post_type"] != "post" or not texts["post_name"]:
            return f"{self._home}/?p={texts['id']}"
        date, _, time = texts["post_date"].partition(" ")
        values: dict[str, Any] = {
            **dict(zip(("year", "monthnum", "day"), date.split("-"), strict=True)),
            **dict(zip(("hour", "minute", "second"), (time or "00:00:00").split(":"), strict=True)),
            "post_id": texts["id"],
            "postname": texts["post_name"],
            "author": texts["author_slug"],
            "category": self._category(row),
        }
        path = _TAG.sub(lambda tag: str(values.get(tag[1], tag[0])), self._permalinks)
        return urls.absolute(self._home, path)

    def _category(self, row: Values) -> str:
        """Return the path of the category with the smallest number, with its parents."""
        numbers = [each["term_id"] for each in row["terms"] if each["taxonomy"] == "category"]
        number = str(min(numbers)) if numbers else self._default
        path: list[str] = []
        while number in self._categories and len(path) < 20:
            slug, number = self._categories[number]
            path.insert(0, slug)
        return "/".join(path)
