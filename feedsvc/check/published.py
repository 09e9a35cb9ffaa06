"""Reads the entries and pages of a published site from feeds, sitemaps, or a static site's folder.

Only the values that identify an entry are read. Documents that are not feeds or sitemaps are
refused, except in a folder, where they are ignored.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from feedsvc import fetch
from feedsvc.check import feed, moments, xml
from feedsvc.check.archives import links_of
from feedsvc.check.finding import Findings, quoted
from feedsvc.check.xml import Element, text_at, text_of
from feedsvc.errors import FeedsvcError

MAX_SIZE = 100_000_000  # bytes of a document; a feed of all articles is large
_MAX_SITEMAPS = 500  # of one index
_SUFFIXES = (".xml", ".rss", ".atom", ".json", ".rdf")
_SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
_RSS_10 = "{http://purl.org/rss/1.0/}"
_A = f"{{{xml.ATOM}}}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed. id: its link if it has none."""

    id: str
    link: str
    title: str
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Published:
    """The published entries of feeds by id, and the links of sitemaps and pages; see `place`."""

    entries: dict[str, Entry]
    links: set[str]


def place(url: str) -> str:
    """Return the part of a URL that identifies a page: host and path, without index.html."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return url
    path = re.sub(r"/(?:index\.html?)?$", "", unquote(parts.path))
    return f"{host}{path}?{parts.query}" if parts.query else f"{host}{path}"


def read(names: Iterable[str], base_url: str) -> Published:
    """Read files, URLs and folders. base_url: of the pages in folders. Raises FeedsvcError."""
    found = Published({}, set())
    for name in names:
        if not fetch.is_url(name) and Path(name).is_dir():
            _read_folder(Path(name), base_url, found)
        else:
            body = _load(name)
            entries = _feed(body)
            if entries is None:
                found.links.update(map(place, _sitemap(body, name)))
            else:
                _add(entries, found)
    if not found.entries and not found.links:
        raise FeedsvcError(f"{', '.join(names)}: contains no entries and no pages")
    return found


def _load(name: str) -> bytes:
    if not fetch.is_url(name):
        return fetch.read_file(Path(name), MAX_SIZE)
    answer = fetch.get(name, fetch.Limits(MAX_SIZE))
    if answer.status != 200:
        raise FeedsvcError(f"{name}: returned the status {answer.status} instead of 200")
    return answer.body


def _add(entries: Iterable[Entry], found: Published) -> None:
    for entry in entries:
        found.entries.setdefault(entry.id, entry)


def _read_folder(folder: Path, base_url: str, found: Published) -> None:
    """Read all feeds in a folder, and treat its HTML files as pages of the site."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".html", ".htm"}:
            relative = path.relative_to(folder).as_posix()
            found.links.add(place(f"{base_url}/{relative}"))
            found.links.add(place(f"{base_url}/{relative.removesuffix(path.suffix)}"))
        elif path.suffix in _SUFFIXES and path.is_file() and path.stat().st_size <= MAX_SIZE:
            _add(_feed(_load(str(path))) or (), found)


def _sitemap(body: bytes, name: str, depth: int = 0) -> list[str]:
    """Return the links of a sitemap, or of the sitemaps in an index. Raises FeedsvcError."""
    findings = Findings(name)
    if feed.is_json(body):
        raise FeedsvcError(f"{name}: is not a JSON Feed; name one, a sitemap or a folder")
    root = xml.read(body, findings)
    if root is None:
        raise FeedsvcError(f"{name}: {findings.problems()[0].message}")
    links = [(each.text or "").strip() for each in root.iterfind(f"*/{_SITEMAP}loc")]
    if root.tag == f"{_SITEMAP}urlset":
        return links
    if root.tag != f"{_SITEMAP}sitemapindex" or depth:  # an index contains no other index
        raise FeedsvcError(f"{name}: is neither a feed nor a sitemap; name one, or a folder")
    found = []
    for link in links[:_MAX_SITEMAPS]:
        part = _part(link, name)
        found += _sitemap(_load(part), part, depth + 1)
    return found


def _part(link: str, name: str) -> str:
    """Return the location of a sitemap in an index: on the same host, or in the same folder."""
    try:
        parts = urlsplit(link)
    except ValueError:
        raise FeedsvcError(f"{name}: names {quoted(link)}, which is not a URL") from None
    if fetch.is_url(name):
        if parts.hostname != urlsplit(name).hostname:
            raise FeedsvcError(f"{name}: names {quoted(link)}, which is on another host")
        return link
    return str(Path(name).parent / (parts.path.rpartition("/")[2] or "sitemap.xml"))


def _feed(body: bytes) -> list[Entry] | None:
    """Return the entries of a feed; None if the document is not one."""
    if feed.is_json(body):
        return _json(body)
    root = xml.read(body, Findings(""))
    return None if root is None else _xml(root)


def _json(body: bytes) -> list[Entry] | None:
    try:
        value = json.loads(body.decode("utf-8-sig"))
        items = value["items"] if "jsonfeed.org" in value["version"] else None
        return None if items is None else [_json_entry(each) for each in items]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _json_entry(item: dict[str, object]) -> Entry:
    link = str(item.get("url") or item.get("external_url") or "")
    date = moments.parse_rfc3339(str(item.get("date_published") or ""))
    return Entry(str(item.get("id") or link), link, str(item.get("title") or ""), date)


def _xml(root: Element) -> list[Entry] | None:
    if root.tag == f"{_A}feed":
        return [_atom_entry(entry) for entry in root.iterfind(f"{_A}entry")]
    if root.tag == "rss":
        return [_rss_entry(item, "") for item in root.iterfind("channel/item")]
    if xml.split(str(root.tag))[1] == "RDF":
        return [_rss_entry(item, _RSS_10) for item in root.iterfind(f"{_RSS_10}item")]
    return None


def _atom_entry(entry: Element) -> Entry:
    links = [link.href for link in links_of(entry) if link.rel == "alternate"]
    date = text_at(entry, f"{_A}published") or text_at(entry, f"{_A}updated")
    title = entry.find(f"{_A}title")
    text = text_of(title) if title is not None else ""
    if title is not None and title.get("type") == "html":
        text = re.sub(r"<[^>]*>", "", unescape(text))
    link = links[0] if links else ""
    return Entry(text_at(entry, f"{_A}id") or link, link, text, moments.parse_rfc3339(date))


def _rss_entry(item: Element, namespace: str) -> Entry:
    guid, title = item.find("guid"), text_at(item, f"{namespace}title")
    own = (guid.text or "").strip() if guid is not None else ""
    is_link = guid is not None and guid.get("isPermaLink", "true") != "false"
    link = text_at(item, f"{namespace}link") or (own if is_link else "")
    date = moments.parse_rfc822(text_at(item, "pubDate"))
    date = date or moments.parse_rfc3339(text_at(item, f"{{{xml.DC}}}date"))
    return Entry(own or link, link, unescape(title), date)
