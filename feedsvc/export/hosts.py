"""Rules for hosts of static files that read `_headers` and `_redirects`: Netlify, Cloudflare Pages.

What such a host cannot be told is left out: files below `_paths/` have no path there, and a feed
or redirect whose headers differ from those of the others in its folder has theirs.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from posixpath import commonpath
from urllib.parse import quote

from feedsvc.export import rules
from feedsvc.export.manifest import Manifest
from feedsvc.export.rules import SELF, Group

_HEAD = "# Written by `feedsvc build`."
_SPECIAL = frozenset("*: ")


def headers(manifest: Manifest, groups: Sequence[Group]) -> str:
    """Return the text of `_headers`. No two blocks are for the same path, or both would count."""
    before = quote(rules.prefix(manifest))
    said: dict[str, list[str]] = {}
    for group in groups:
        for splat in (*(before + each for each in group.splats), *_folder(group)):
            said[splat] = [*_lines(group, splat)]
    covered = re.compile("|".join(re.escape(splat).replace(r"\*", ".*") for splat in said))
    for path, moved in sorted(manifest.redirects.items()):
        if moved.headers and _SPECIAL.isdisjoint(path) and not covered.fullmatch(path):
            said[path] = [*_written(moved.headers.items())]
    blocks = ("\n".join((path, *lines)) for path, lines in said.items())
    return "\n\n".join((_HEAD, *blocks, ""))


def redirects(manifest: Manifest) -> str:
    """Return the text of `_redirects`."""
    lines = [_HEAD]
    for path, moved in sorted(manifest.redirects.items()):
        if _SPECIAL.isdisjoint(path + moved.to):
            lines.append(f"{path} {moved.to} {moved.status}")
    for status, page in manifest.errors.items():
        if status == 410:
            lines += (
                f"{path} /{page.file} 410"
                for path in sorted(manifest.gone)
                if _SPECIAL.isdisjoint(path)
            )
    return "\n".join((*lines, ""))


def _folder(group: Group) -> Iterator[str]:
    """Yield what stands for all pages, if they are below a folder of their own."""
    if group.name == "page":
        above = commonpath([path.rpartition("/")[0] or "/" for path in group.members])
        if above != "/":
            yield f"{above}/*"


def _lines(group: Group, splat: str) -> Iterator[str]:
    types = set(group.types.values())
    only = types.pop() if len(types) == 1 else ""
    if media_type := group.types.get(splat.rpartition(".")[2], only):
        yield f"  Content-Type: {media_type}"
    yield from _written(group.headers)


def _written(headers: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in headers:
        if value and SELF not in value:
            yield f"  {name}: {value}"
