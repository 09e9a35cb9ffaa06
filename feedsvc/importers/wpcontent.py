"""WordPress's stored texts as HTML; makes nothing safe.

WordPress makes paragraphs of lines only when it shows a text. Shortcodes other than captions and
embeds are left as they stand, as only their plugins know them.
"""

import re

_BLOCKS = (
    "address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|h[1-6]|header|hr|iframe|li|main|nav|object|ol|p|pre|script|section|style|summary|"
    "table|tbody|td|tfoot|th|thead|tr|ul|video|audio"
)
_OPENS = re.compile(rf"(?i)(<(?:{_BLOCKS})(?=[\s/>])[^<>]*>)")
_CLOSES = re.compile(rf"(?i)(</(?:{_BLOCKS})\s*>|<hr\b[^<>]*>)")
_BLOCK_FIRST = re.compile(rf"(?i)</?(?:{_BLOCKS})(?=[\s/>])|<!--")
_VERBATIM = re.compile(r"(?is)(<(pre|script|style)\b.*?</\2\s*>)")
_CAPTION = re.compile(
    r"(?is)\[caption\b[^\]]*\]\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)(.*?)\[/caption\]"
)
_EMBED = re.compile(r"(?i)\[embed\b[^\]]*\]\s*(https?://[^\s\[\]<>\"]+)\s*\[/embed\]")
_BLOCK_EDITOR = "<!-- wp:"
_SHORTCODE = re.compile(r"\[(gallery|playlist|audio|video|contact-form-7)\b[^\]]*\]")


def to_html(text: str) -> str:
    """Return the HTML that WordPress would make of a stored text."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CAPTION.sub(_figure, text)
    text = _EMBED.sub(r'<a href="\1">\1</a>', text)
    if _BLOCK_EDITOR in text:
        return text
    # Split by a pattern with two groups: text, verbatim element, its name, text, ...
    parts = _VERBATIM.split(text)
    return "\n".join(
        part if number % 3 == 1 else _paragraphs(part)
        for number, part in enumerate(parts)
        if number % 3 != 2 and part.strip()
    )


def shortcode(text: str) -> str:
    """Return the name of a shortcode of WordPress itself that is left as it stands; '' for none."""
    found = _SHORTCODE.search(text)
    return found[1] if found else ""


def _figure(caption: re.Match[str]) -> str:
    words = caption[2].strip()
    return f"<figure>{caption[1]}<figcaption>{words}</figcaption></figure>"


def _paragraphs(text: str) -> str:
    apart = _CLOSES.sub(r"\1\n\n", _OPENS.sub(r"\n\n\1", text))
    return "\n".join(
        block if _BLOCK_FIRST.match(block) else "<p>" + block.replace("\n", "<br>\n") + "</p>"
        for block in map(str.strip, re.split(r"\n\s*\n", apart))
        if block
    )
