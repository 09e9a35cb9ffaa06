"""Groups the paths of a build for host configuration, independently of its syntax.

Most paths in a group have the same headers, and a file name that follows from the path. Exceptions
are listed individually, which keeps the configuration short and complete.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath
from typing import TypeVar
from urllib.parse import urlsplit

from feedsvc.export import names
from feedsvc.export.manifest import Manifest, Resource
from feedsvc.model import Format

SELF = "{self}"  # in header values: the absolute URL of the request

Headers = tuple[tuple[str, str], ...]
_T = TypeVar("_T")


class Style(Enum):
    """How a file's name follows from its path."""

    SAME = "same"
    PAGE = "page"  # with the suffix .html
    INDEX = "index"  # index.html in the folder


@dataclass(frozen=True, slots=True)
class Group:
    """Paths that are served in the same way.

    pattern: a regular expression for the decoded path. splats: the same for hosts that support only
    one `*`, without the prefix of the site. types: media types by suffix. members: by
    percent-encoded path. single: members that differ from the others.
    """

    name: str
    pattern: str
    splats: tuple[str, ...]
    style: Style
    headers: Headers
    types: Mapping[str, str]
    members: Mapping[str, Resource]
    single: Mapping[str, Resource]


_ENDINGS = "|".join(Format)
_OF_FORMATS = tuple(f"/feeds/*.{format}" for format in Format)
# The first matching pattern applies.
_GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("folder", "/$", ("/", "/*/")),
    ("archive", rf"/feeds/.+/archive/[0-9]+\.({_ENDINGS})$", ()),
    ("feed", rf"/feeds/.+\.({_ENDINGS})$", _OF_FORMATS),
    ("opml", r"/feeds\.opml$", ("/feeds.opml",)),
    ("sitemap", r"/sitemap(-[0-9]+)?\.xml$", ("/sitemap.xml", "/sitemap-*.xml")),
    ("icon", r"/(favicon\.ico|apple-touch-icon\.png)$", ("/favicon.ico", "/apple-touch-icon.png")),
    ("file", "/files/", ("/files/*",)),
    ("asset", "/static/", ("/static/*",)),
    ("page", "/", ()),
)


def prefix(manifest: Manifest) -> str:
    """Return the path of base_url, decoded: '' for a site at the root of its host."""
    return names.decoded(urlsplit(manifest.base_url).path.rstrip("/"))


def origin(manifest: Manifest) -> str:
    """Return the origin of base_url."""
    parts = urlsplit(manifest.base_url)
    return f"{parts.scheme}://{parts.netloc}"


def groups(manifest: Manifest) -> list[Group]:
    """Return the groups that are not empty, in the order in which a host must try them."""
    before = prefix(manifest)
    members: dict[str, dict[str, Resource]] = {name: {} for name, _, _ in _GROUPS}
    patterns = [(name, re.compile(_anchored(before, each))) for name, each, _ in _GROUPS]
    for path, resource in manifest.paths.items():
        text = names.decoded(path)
        name = next(name for name, pattern in patterns if pattern.search(text))
        members[name][path] = resource
    return [
        _group(manifest, name, _anchored(before, pattern), splats, members[name])
        for name, pattern, splats in _GROUPS
        if members[name]
    ]


def headers(manifest: Manifest, path: str, resource: Resource) -> Headers:
    """Return the headers, except for type, validators and coding."""
    own = origin(manifest) + path
    values = {
        name: value.replace(f"<{own}>", f"<{SELF}>") for name, value in resource.headers.items()
    }
    if len(resource.sizes) > 1:
        values["Vary"] = "Accept-Encoding"
    return (*values.items(), ("Cache-Control", resource.cache_control))


def style(path: str, file: str) -> Style | None:
    """Return how a file name follows from its path; None if it does not."""
    if file == names.natural(path, is_page=False):
        return Style.SAME
    if file == names.natural(path, is_page=True):
        return Style.INDEX if path.endswith("/") else Style.PAGE
    return None


def _anchored(before: str, pattern: str) -> str:
    return pattern if pattern == "/$" else f"^{re.escape(before)}{pattern}"


def _group(
    manifest: Manifest,
    name: str,
    pattern: str,
    splats: tuple[str, ...],
    members: Mapping[str, Resource],
) -> Group:
    headers_of = {path: headers(manifest, path, each) for path, each in members.items()}
    styles = {path: style(path, each.file) for path, each in members.items()}
    common = _most_common(headers_of.values())
    usual = _most_common(styles.values()) or Style.SAME
    types: dict[str, str] = {}
    single = {}
    for path, each in sorted(members.items()):
        fits = headers_of[path] == common and styles[path] is usual
        suffix = PurePosixPath(each.file).suffix[1:].lower()
        if not (fits and suffix and types.setdefault(suffix, each.type) == each.type):
            single[path] = each
    return Group(name, pattern, splats, usual, common, types, members, single)


def _most_common(values: Iterable[_T]) -> _T:
    return Counter(values).most_common(1)[0][0]
