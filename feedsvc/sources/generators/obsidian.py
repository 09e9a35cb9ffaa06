"""Obsidian: a vault of notes with dates, titles from file names, and links by name."""

import re
from posixpath import basename

from feedsvc.sources.generators.convention import KEYS, Convention, File, Links, Own, render
from feedsvc.sources.generators.detect import Program

_KEYS = KEYS | {
    "published": ("published", "date", "created", "date created"),
    "updated": ("updated", "modified", "lastmod", "date modified"),
}
_COMMENT = re.compile(r"%%.*?%%", re.DOTALL)
_CALLOUT = re.compile(r"(?m)^(>[> ]*)\[!(\w+)\][+-]?[ \t]*(.*)$")
_LINK = re.compile(r"(!?)\[\[([^\[\]|#^]*)(?:#[^\[\]|]*)?(?:\|([^\[\]]*))?\]\]")
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)


def _complete(file: File, own: Own) -> None:
    own.setdefault("title", file.stem)


def _markup(file: File, body: str, links: Links) -> str:
    def link(found: re.Match[str]) -> str:
        name, text = found[2].strip(), found[3] or found[2]
        if found[1]:  # an embedded file
            return f"![{found[3] or ''}](<{name}>)" if "." in name else text
        paths = links.named(basename(name))
        url = links.to(paths[0]) if len(paths) == 1 else None
        return f"[{text}]({url})" if url else text

    parts = _CODE.split(body)  # code has odd indexes
    for index in range(0, len(parts), 2):
        text = _CALLOUT.sub(lambda mark: f"{mark[1]}**{mark[3] or mark[2].title()}**", parts[index])
        parts[index] = _LINK.sub(link, _COMMENT.sub("", text))
    return render(file, "".join(parts))


GENERATOR = Program(
    name="obsidian",
    layout=Convention(
        keys=_KEYS, url=lambda _file, _own: "", complete=_complete, markup=_markup, endings=(".md",)
    ),
    configs=(),
    trace=".obsidian/app.json",
)
