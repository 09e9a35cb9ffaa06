"""Rules for Caddy, to be imported in a site whose root is the folder of the build."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from feedsvc.export import names, rules
from feedsvc.export.manifest import Manifest, Resource
from feedsvc.export.rules import SELF, Group, Headers, Style

_HEAD = """\
# Written by `feedsvc build`, and anew when it changes: then reload Caddy. Import it in a site whose
# root is this folder.
"""
_FILES = {Style.SAME: "{path}", Style.PAGE: "{path}.html", Style.INDEX: "{path}index.html"}
_PATH = "{feedsvc_path}"
_UNFIT = frozenset("{\\")  # begin a variable, and an escape


def text(manifest: Manifest, groups: Sequence[Group]) -> str:
    """Return the rules."""
    lines = [
        *_block("map {http.request.orig_uri} " + _PATH, r'~^([^?]+) "${1}"'),
        *_moved(manifest),
        *_gone(manifest),
    ]
    number = 0
    for group in groups:
        for path, each in group.single.items():
            number += 1
            lines += _single(manifest, f"single_{number}", path, each)
    for group in groups:
        lines += _served(
            f"all_{group.name}",
            _quoted(group.pattern),
            _FILES[group.style],
            _said(manifest, group.headers, group.types),
        )
    lines.append("error 404")
    return "\n".join((_HEAD, *_block("route", *lines), *_errors(manifest), ""))


def _moved(manifest: Manifest) -> Iterator[str]:
    alike: dict[tuple[int, Headers], list[str]] = {}
    for path, each in sorted(manifest.redirects.items()):
        if _is_plain(path, each.to):
            lines = alike.setdefault((each.status, tuple(each.headers.items())), [])
            lines.append(f"{_quoted(names.decoded(path) or '')} {_quoted(each.to)}")
    for number, ((status, headers), lines) in enumerate(sorted(alike.items()), 1):
        name = f"feedsvc_moved_{number}"
        yield from _block(f"map {{path}} {{{name}}}", *lines, 'default ""')
        yield f'@{name} expression `{{{name}}} != ""`'
        yield from (f"header @{name} {each} {_quoted(value)}" for each, value in headers)
        yield f"redir @{name} {{{name}}} {status}"


def _gone(manifest: Manifest) -> Iterator[str]:
    if manifest.gone:
        paths = (names.decoded(path) or "" for path in sorted(manifest.gone) if _is_plain(path))
        gone = (f"{_quoted(path)} 1" for path in paths)
        yield from _block("map {path} {feedsvc_gone}", *gone, 'default ""')
        yield '@feedsvc_gone expression `{feedsvc_gone} != ""`'
        yield "error @feedsvc_gone 410"


def _single(manifest: Manifest, name: str, path: str, resource: Resource) -> list[str]:
    pattern = f"^{re.escape(names.decoded(path) or '')}$"
    if not _is_plain(path):
        return []
    style = rules.style(path, resource.file)
    said = _said(manifest, rules.headers(manifest, path, resource), {}, resource.type)
    return _served(name, _quoted(pattern), _FILES[style] if style else f"/{resource.file}", said)


def _served(name: str, pattern: str, file: str, said: Iterable[str]) -> list[str]:
    """Serve a file, if there is one: it is looked for before any header is set."""
    matcher = _block(f"@{name}", f"path_regexp {pattern}", *_block("file", f"try_files {file}"))
    rewrite = () if file in ("{path}", "{path}index.html") else (f"rewrite * {file}",)
    server = _block("file_server", "precompressed br zstd gzip", "disable_canonical_uris")
    return [*matcher, *_block(f"handle @{name}", *_block("route", *said, *rewrite, *server))]


def _said(
    manifest: Manifest, headers: Headers, types: Mapping[str, str], media_type: str = ""
) -> Iterator[str]:
    """Yield what sets types and headers. types: by ending of the path; media_type: of all."""
    own = f"{rules.origin(manifest)}{_PATH}"
    for name, value in headers:
        if value:
            yield f"header {name} {_quoted(value).replace(SELF, own)}"
    if len(types) == 1:
        (media_type,) = types.values()
    if media_type:
        yield f"header Content-Type {_quoted(media_type)}"
        return
    for ending, of in types.items():
        yield f"@{ending} path *.{ending}"
        yield f"header @{ending} Content-Type {_quoted(of)}"


def _errors(manifest: Manifest) -> list[str]:
    lines: list[str] = []
    for status, page in sorted(manifest.errors.items()):
        said = _said(manifest, rules.headers(manifest, "", page), {}, page.type)
        server = _block("file_server", "precompressed br zstd gzip")
        lines.append(f"@error_{status} expression `{{err.status_code}} == {status}`")
        lines += _block(
            f"handle @error_{status}", *_block("route", *said, f"rewrite * /{page.file}", *server)
        )
    return _block("handle_errors", *lines) if lines else []


def _block(name: str, *lines: str) -> list[str]:
    return [f"{name} {{", *(f"\t{line}" for line in lines), "}"]


def _is_plain(*texts: str) -> bool:
    """Tell whether Caddy takes texts as they are: it has no way to write these signs."""
    return all(_UNFIT.isdisjoint(names.decoded(text) or "") for text in texts)


def _quoted(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'
