"""Renders configuration for nginx, Caddy, and hosts that read `_headers` and `_redirects`.

Template filters quote values in the syntax of a host. Netlify and Cloudflare Pages have limits:
files below `_paths/` cannot be reached, and a feed or redirect gets the headers of the others in
its folder.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from posixpath import commonpath
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from feedsvc.export import names, rules
from feedsvc.export.manifest import Manifest, Redirect, Resource
from feedsvc.export.names import decoded
from feedsvc.export.rules import SELF, Group, Headers, Style

_MAX_LITERAL = 255  # bytes of a literal path in nginx
_NGINX_FILES = {Style.SAME: "$uri", Style.PAGE: "$uri.html", Style.INDEX: "${uri}index.html"}
_CADDY_FILES = {Style.SAME: "{path}", Style.PAGE: "{path}.html", Style.INDEX: "{path}index.html"}
_UNSUPPORTED_IN_CADDY = frozenset("{\\")  # begin placeholders and escapes, and cannot be escaped
_UNSUPPORTED_IN_HEADERS = frozenset("*: ")


def texts(manifest: Manifest) -> dict[str, str]:
    """Return the contents of the configuration files, by name."""
    groups = rules.groups(manifest)
    redirects = sorted(manifest.redirects.items())
    common: dict[str, Any] = {
        "SELF": SELF,
        "origin": rules.origin(manifest),
        "headers": partial(rules.headers, manifest),
        "groups": groups,
        "singles": [each for group in groups for each in group.single.items()],
        "errors": sorted(manifest.errors.items()),
        "redirects": redirects,
        "gone": sorted(manifest.gone),
        "page": manifest.errors.get(410),
    }
    own = {
        names.NGINX: _files(_NGINX_FILES),
        names.CADDY: {**_files(_CADDY_FILES), "redirects": _by_headers(redirects)},
        names.HEADERS: {"blocks": _blocks(manifest, groups)},
        names.REDIRECTS: {},
    }
    return {
        name: _ENVIRONMENT.get_template(name).render(common | more) for name, more in own.items()
    }


def _files(files: Mapping[Style, str]) -> dict[str, Any]:
    """Return template variables for file names in the syntax of a host."""

    def file(path: str, resource: Resource) -> str:
        style = rules.style(path, resource.file)
        return files[style] if style else f"/{resource.file}"

    return {"files": files, "file": file}


def _nginx_location(path: str) -> str:
    """Return the nginx location for a single path."""
    text = decoded(path)
    if len(text.encode()) <= _MAX_LITERAL:
        return f"= {_nginx_quoted(text)}"
    return f"~ {_nginx_quoted(_exactly(path))}"


def _exactly(path: str) -> str:
    return f"^{re.escape(decoded(path))}$"


def _nginx_quoted(text: str) -> str:
    return _quoted(text.replace("\\", "\\\\"))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _is_supported_by_caddy(text: str) -> bool:
    return _UNSUPPORTED_IN_CADDY.isdisjoint(decoded(text))


def _by_headers(
    redirects: Iterable[tuple[str, Redirect]],
) -> list[tuple[tuple[int, Headers], list[tuple[str, str]]]]:
    """Group the redirects that Caddy supports, as (path, target), by status and headers."""
    groups: dict[tuple[int, Headers], list[tuple[str, str]]] = {}
    for path, each in redirects:
        if _is_supported_by_caddy(path) and _is_supported_by_caddy(each.to):
            key = each.status, tuple(each.headers.items())
            groups.setdefault(key, []).append((path, each.to))
    return sorted(groups.items())


def _blocks(manifest: Manifest, groups: Iterable[Group]) -> dict[str, Headers]:
    """Return the blocks of `_headers`. They do not overlap, because all matching blocks apply."""
    before = quote(rules.prefix(manifest))
    blocks: dict[str, Headers] = {}
    for group in groups:
        for splat in (*(before + each for each in group.splats), *_folder(group)):
            blocks[splat] = (*_type(group, splat), *group.headers)
    covered = re.compile("|".join(re.escape(splat).replace(r"\*", ".*") for splat in blocks))
    for path, moved in sorted(manifest.redirects.items()):
        if moved.headers and _is_plain(path) and not covered.fullmatch(path):
            blocks[path] = tuple(moved.headers.items())
    return blocks


def _is_plain(text: str) -> bool:
    return _UNSUPPORTED_IN_HEADERS.isdisjoint(text)


def _folder(group: Group) -> Iterator[str]:
    """Yield the pattern of all pages, if they have a common folder."""
    if group.name == "page":
        above = commonpath([path.rpartition("/")[0] or "/" for path in group.members])
        if above != "/":
            yield f"{above}/*"


def _type(group: Group, splat: str) -> Iterator[tuple[str, str]]:
    types = set(group.types.values())
    only = types.pop() if len(types) == 1 else ""
    if media_type := group.types.get(splat.rpartition(".")[2], only):
        yield "Content-Type", media_type


_ENVIRONMENT = Environment(
    loader=PackageLoader(__package__),
    autoescape=False,  # noqa: S701 - not HTML
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=StrictUndefined,
)
_ENVIRONMENT.filters |= {
    "decoded": decoded,
    "exactly": _exactly,
    "nginx_location": _nginx_location,
    "nginx_quoted": _nginx_quoted,
    # nginx has no escape for `$`.
    "nginx_value": lambda text: _nginx_quoted(text.replace("$", "%24")),
    "caddy_quoted": _quoted,
}
_ENVIRONMENT.tests |= {"supported_by_caddy": _is_supported_by_caddy, "plain": _is_plain}
