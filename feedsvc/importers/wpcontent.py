"""Converts texts as stored by WordPress to HTML, which is not sanitised.

WordPress creates paragraphs only when it displays a text. Shortcodes other than captions and
embeds are left unchanged, because only their plugins can render them.
"""

import re
from collections.abc import Iterator

_BLOCKS = (
    "address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|h[1-6]|header|hr|iframe|li|main|nav|object|ol|p|pre|script|section|style|summary|"
    "table|tbody|td|tfoot|th|thead|tr|ul|video|audio"
)
_OPENS = re.compile(rf"(?i)(<(?:{_BLOCKS})(?=[\s/>])[^<>]*>)")
_CLOSES = re.compile(rf"(?i)(</(?:{_BLOCKS})\s*>|<hr\b[^<>]*>)")
_BLOCK_FIRST = re.compile(rf"(?i)</?(?:{_BLOCKS})(?=[\s/>])|<!--")
_VERBATIM = re.compile(r"(?i)<(pre|script|style)(?=[\s/>])")
# Bounded by the next bracket, to keep the search linear in long texts.
_CAPTION = re.compile(
    r"(?i)\[caption\b[^\[\]]*\]\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)([^\[]*)\[/caption\]"
)
_EMBED = re.compile(r"(?i)\[embed\b[^\[\]]*\]\s*(https?://[^\s\[\]<>\"]+)\s*\[/embed\]")
_BLOCK_EDITOR = "<!-- wp:"
_SHORTCODE = re.compile(r"\[(gallery|playlist|audio|video|contact-form-7)\b[^\[\]]*\]")


def to_html(text: str) -> str:
    """Return the HTML that WordPress would display for a stored text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CAPTION.sub(_figure, text)
    text = _EMBED.sub(r'<a href="\1">\1</a>', text)
    if _BLOCK_EDITOR in text:
        return text
    return "\n".join(_parts(text))


def _parts(text: str) -> Iterator[str]:
    """Yield text with paragraphs, and verbatim elements in which line breaks are kept."""
    at = 0
    while found := _VERBATIM.search(text, at):
        close = re.compile(rf"(?i)</{found[1]}\s*>").search(text, found.end())
        if before := _paragraphs(text[at : found.start()]):
            yield before
        at = close.end() if close else len(text)
        yield text[found.start() : at]
    if rest := _paragraphs(text[at:]):
        yield rest


def shortcode(text: str) -> str:
    """Return the name of a built-in shortcode that is left unchanged; '' if there is none."""
    found = _SHORTCODE.search(text)
    return found[1] if found else ""


def _figure(caption: re.Match[str]) -> str:
    return f"<figure>{caption[1]}<figcaption>{caption[2].strip()}</figcaption></figure>"


def _paragraphs(text: str) -> str:
    separated = _CLOSES.sub(r"\1\n\n", _OPENS.sub(r"\n\n\1", text))
    return "\n".join(
        block if _BLOCK_FIRST.match(block) else "<p>" + block.replace("\n", "<br>\n") + "</p>"
        for block in map(str.strip, re.split(r"\n\s*\n", separated))
        if block
    )
