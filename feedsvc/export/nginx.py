"""Rules for nginx, to be included in a `server` whose root is the folder of the build."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from feedsvc.export import names, rules
from feedsvc.export.manifest import Manifest, Resource
from feedsvc.export.rules import SELF, Group, Headers, Style

_HEAD = """\
# Written by `feedsvc build`, and anew when it changes: then reload nginx. Include it in a server
# whose root is this folder.
absolute_redirect off;
merge_slashes off;
gzip_static on;
# Where nginx has the modules:
# brotli_static on;
# zstd_static on;

# The path as it was sent, without the query.
if ($request_uri ~ "^(?<feedsvc_path>[^?]*)") {
}
"""
_LONGEST = 255  # bytes; nginx compares no more of a path that is given as it is
_FILES = {Style.SAME: "$uri", Style.PAGE: "$uri.html", Style.INDEX: "${uri}index.html"}


def text(manifest: Manifest, groups: Sequence[Group]) -> str:
    """Return the rules."""
    blocks = [_HEAD, *_errors(manifest)]
    for group in groups:
        blocks += (_single(manifest, path, each) for path, each in group.single.items())
    for path, moved in sorted(manifest.redirects.items()):
        said = _set(manifest, moved.headers.items(), always=" always")
        blocks.append(_block(_exactly(path), *said, f"return {moved.status} {_value(moved.to)};"))
    blocks += (_block(_exactly(path), "return 410;") for path in sorted(manifest.gone))
    blocks += (_group(manifest, group) for group in groups)
    blocks.append(_block("location /", "return 404;"))
    return "\n".join(blocks)


def _errors(manifest: Manifest) -> Iterator[str]:
    for status, page in sorted(manifest.errors.items()):
        yield f"error_page {status} @feedsvc_{status};\n"
        said = _said(manifest, rules.headers(manifest, "", page), {}, page.type, always=" always")
        yield _block(f"location @feedsvc_{status}", f"try_files /{page.file} =404;", *said)


def _group(manifest: Manifest, group: Group) -> str:
    pattern = group.pattern
    if group.name == "page" and group.style is Style.SAME:
        pattern = r"\.html$"  # or everything in the folder would be there
    said = _said(manifest, group.headers, group.types)
    return _block(f"location ~ {_quoted(pattern)}", f"try_files {_FILES[group.style]} =404;", *said)


def _single(manifest: Manifest, path: str, resource: Resource) -> str:
    style = rules.style(path, resource.file)
    file = _FILES[style] if style else f"/{resource.file}"
    said = _said(manifest, rules.headers(manifest, path, resource), {}, resource.type)
    return _block(_exactly(path), f"try_files {file} =404;", *said)


def _said(
    manifest: Manifest,
    headers: Headers,
    types: Mapping[str, str],
    media_type: str = "application/octet-stream",
    always: str = "",
) -> Iterator[str]:
    """Yield what sets types and headers. types: by ending; media_type: of all others."""
    listed = " ".join(f"{_quoted(of)} {ending};" for ending, of in types.items())
    yield f"types {{ {listed} }}"
    yield f"default_type {_quoted(media_type)};"
    yield from _set(manifest, headers, always)


def _set(manifest: Manifest, headers: Iterable[tuple[str, str]], always: str) -> Iterator[str]:
    own = f"{rules.origin(manifest)}$feedsvc_path"
    for name, value in headers:
        if value:
            yield f"add_header {name} {_value(value).replace(SELF, own)}{always};"


def _exactly(path: str) -> str:
    text = names.decoded(path) or ""
    if len(text.encode()) <= _LONGEST:
        return f"location = {_quoted(text)}"
    return f"location ~ {_quoted(f'^{re.escape(text)}$')}"


def _block(name: str, *lines: str) -> str:
    return "\n".join((f"{name} {{", *(f"    {line}" for line in lines), "}", ""))


def _value(text: str) -> str:
    """Quote a text in which nginx looks for variables. It has no way to write a `$` there."""
    return _quoted(text.replace("$", "%24"))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
