"""Reduces MDX to Markdown: removes imports, exports, components and expressions."""

import re
from collections.abc import Iterator

from feedsvc.sources.generators.convention import Links

_FENCE = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_MODULE = re.compile(r"(import|export)\b[^\n]*")
_CODE = re.compile(r"(?<!`)(`++)[^`]+?\1(?!`)")
_COMPONENT = re.compile(
    r"</?(?P<name>[A-Z][\w.]*+|)"
    r"(?:\s[^<>{}]{0,2000}+(?:\{[^{}]{0,2000}+\}[^<>{}]{0,2000}+){0,50}+)?/?>"
)
_ATTRIBUTE = re.compile(r"\s[\w:-]+=\{(?:[^{}\n]|\{[^{}\n]*+\})*+\}")
_EXPRESSION = re.compile(r"\{[^{}]*+\}")


def reduce(body: str, links: Links) -> str:
    """Return the Markdown of an MDX text; code blocks are left as they are."""
    return "".join(part if is_code else _prose(part, links) for part, is_code in _parts(body))


def _parts(body: str) -> Iterator[tuple[str, bool]]:
    """Yield runs of lines, and whether they are fenced code."""
    lines: list[str] = []
    fence = ""
    for line in body.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence:
            lines.append(line)
            if mark and mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                yield "".join(lines), True
                lines, fence = [], ""
        elif mark:
            yield "".join(lines), False
            lines, fence = [line], mark[1]
        else:
            lines.append(line)
    yield "".join(lines), bool(fence)


def _prose(text: str, links: Links) -> str:
    text = _without_modules(text, links)
    found: list[str] = []
    position = 0
    for code in _CODE.finditer(text):
        found += (_markup(text[position : code.start()], links), code[0])
        position = code.end()
    return "".join(found) + _markup(text[position:], links)


def _without_modules(text: str, links: Links) -> str:
    """Remove imports and exports: from such an unindented line to the next blank line."""
    found: list[str] = []
    within = False
    for line in text.splitlines(keepends=True):
        module = _MODULE.match(line)
        if module and (not found or within or not found[-1].strip()):
            within = True
            links.left_out(module[0], module[1])
        within = within and bool(line.strip())
        if not within:
            found.append(line)
    return "".join(found)


def _markup(text: str, links: Links) -> str:
    if "<" in text:
        text = _ATTRIBUTE.sub("", text)
        text = _COMPONENT.sub(lambda tag: _left_out(tag[0], tag["name"], links), text)
    if "{" in text:
        text = _EXPRESSION.sub(lambda code: _left_out(code[0], code[0][:40], links), text)
    return text


def _left_out(written: str, name: str, links: Links) -> str:
    if name and not written.startswith(("</", "{/*")):
        # Its attributes are already removed, so only its name can be found in the text.
        links.left_out(f"<{name}" if written[0] == "<" else written, name)
    return ""
