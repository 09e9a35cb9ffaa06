"""Pages of the blog in Wagtail's tutorial."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import PurePosixPath
from urllib.parse import quote

from feedsvc.database import columns
from feedsvc.database.columns import as_date, as_text
from feedsvc.database.query import Values
from feedsvc.importers.item import Hints, Item, Origin

_REFERENCE = re.compile(r"<(a|embed)\b([^<>]*?)/?>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_MEDIA, _DOCUMENTS = "media/", "documents/"  # as in a new project


def numbers(kind: str) -> Callable[[Values], Iterator[int]]:
    """Return a function that yields the numbers that a page refers to.

    kind: page, image or document.
    """

    def refer(row: Values) -> Iterator[int]:
        if kind == "image":
            yield from (each["image_id"] for each in row["gallery"])
        for tag in _REFERENCE.finditer(as_text("body", row["body"])):
            attributes = dict(_ATTRIBUTE.findall(tag[2]))
            named = attributes.get("linktype") or attributes.get("embedtype")
            if named == kind and attributes.get("id", "").isdecimal():
                yield int(attributes["id"])

    return refer


def item(origin: Origin, row: Values, common: list[Values], hints: Hints) -> Item:
    """Return the item of a page. Raises ArticleError, DateError."""
    site, root = _site(row, common, hints)
    link = site + quote(as_text("url_path", row["url_path"]).removeprefix(root))
    urls = {
        **{f"page {each['id']}": site + quote(each["url_path"].removeprefix(root))
           for each in row["pages"] if each["url_path"].startswith(root)},
        **{f"image {each['id']}": site + _MEDIA + quote(each["file"]) for each in row["images"]},
        **{f"document {each['id']}": f"{site}{_DOCUMENTS}{each['id']}/"
           + quote(PurePosixPath(each["file"]).name) for each in row["documents"]},
    }  # fmt: skip
    pictures = [urls.get(f"image {each['image_id']}", "") for each in row["gallery"]]
    values = {
        "id": row["id"],
        "title": row["title"],
        "html": _expanded(as_text("body", row["body"]), urls),
        "published": _published(row, hints),
        "updated": _instant(row["last_published_at"], hints),
        "summary": row["intro"],
        "slug": row["slug"],
        "link": link,
        "language": row["language_code"],
        "image": next(filter(None, pictures), ""),
        "authors": [each["name"] for each in row["authors"]],
        "tags": [each["name"] for each in row["tags"]],
    }
    return columns.item(origin, values, hints)


def _site(row: Values, common: list[Values], hints: Hints) -> tuple[str, str]:
    """Return the URL of the page's site, ending in a slash, and the path of its root page."""
    path = as_text("url_path", row["url_path"])
    sites = [each for each in common if path.startswith(each["url_path"])]
    found = max(sites, key=lambda each: len(each["url_path"]), default=None)
    if not found:
        return hints.site, "/"
    if found["hostname"] == "localhost":  # was never set
        return hints.site, found["url_path"]
    scheme = "http" if found["port"] == 80 else "https"
    port = "" if found["port"] in (80, 443) else f":{found['port']}"
    return f"{scheme}://{found['hostname']}{port}/", found["url_path"]


def _published(row: Values, hints: Hints) -> datetime | None:
    """Return the date that the author wrote, with the time if it was published on that day."""
    day = as_date(row["post_date"], hints.zone, hints.zones)
    first = _instant(row["first_published_at"], hints)
    return first if day and first and first.date() == day.date() else day


def _instant(value: object, hints: Hints) -> datetime | None:
    """Return a time as Django writes it: in UTC where the database has no types with a zone."""
    found = as_date(value, UTC, hints.zones)
    return found and found.astimezone(hints.zone)


def _expanded(body: str, urls: dict[str, str]) -> str:
    """Return a rich text with URLs instead of numbers."""

    def replace(tag: re.Match[str]) -> str:
        attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(tag[2])}
        kind = attributes.get("linktype") or attributes.get("embedtype")
        url = urls.get(f"{kind} {attributes.get('id')}", "")
        if tag[1] == "a" and kind in ("page", "document"):
            return f'<a href="{escape(url)}">' if url else "<a>"
        if kind == "image":
            alternative = escape(attributes.get("alt", ""))
            return f'<img src="{escape(url)}" alt="{alternative}">' if url else ""
        if kind == "media":
            target = escape(attributes.get("url", ""))
            return f'<p><a href="{target}">{target}</a></p>'
        return tag[0]

    return _REFERENCE.sub(replace, body)
