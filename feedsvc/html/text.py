"""Extracts plain text from sanitised HTML, and removes characters that XML excludes."""

import re
import unicodedata
from html import unescape

_C0 = bytes(set(range(0x20)) - {0x9, 0xA, 0xD})
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_safe(text: str) -> str:
    """Remove every character that XML 1.0 excludes (2.2, Char)."""
    if text.isprintable():  # no excluded character is
        return text
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return _NOT_XML.sub("", text)
    # Five times as fast as the regular expression.
    if len(data.translate(None, _C0)) == len(data) and not ("\ufffe" in text or "\uffff" in text):
        return text
    return _NOT_XML.sub("", text)


def names(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


_TAG = re.compile(r'<(/?)([a-z][^\s/>]*)([^>"]*(?:"[^"]*"[^>"]*)*)>')
# All other elements separate words.
_INLINE = names(
    "a abbr acronym b bdi big cite code data del dfn em i ins kbd mark q rp rt ruby s samp small "
    "span strike strong sub sup time tt u var wbr"
)


def plain(html: str) -> str:
    """Return the text of sanitised HTML on one line."""
    return _one_line(_TAG.sub(lambda tag: "" if tag[2] in _INLINE else " ", html))


def _one_line(html: str) -> str:
    return " ".join(unescape(html).split())


def excerpt(html: str, limit: int = 300) -> str:
    """Return at most `limit` characters of text from the first paragraphs of sanitised HTML.

    Headings, captions, code blocks, tables, lists and footnotes are skipped, unless there are no
    paragraphs. Ends with `…` if text was omitted.
    """
    return _cut(_paragraphs(html, limit) or plain(html), limit)


_SKIPPED = names(
    "h1 h2 h3 h4 h5 h6 hgroup figure caption table pre ul ol dl nav audio video summary"
)
_FOOTNOTE = re.compile(r'class="[^"]*\bfootnote')


def _paragraphs(html: str, limit: int) -> str:
    """Return the text of paragraphs until it exceeds the limit."""
    text = ""
    pieces: list[str] = []  # of the open paragraph
    within = False  # a paragraph
    skipped, depth = "", 0  # the element being skipped, and its nesting depth
    position = 0
    for tag in _TAG.finditer(html):
        if within and not depth:
            pieces.append(html[position : tag.start()])
        position = tag.end()
        closing, name, attributes = tag.groups()
        if depth:
            if name == skipped:
                depth += -1 if closing else 1
        elif not closing and (name in _SKIPPED or (attributes and _FOOTNOTE.search(attributes))):
            skipped, depth = name, 1
        elif name == "p":
            within = not closing
            text = f"{text} {_one_line(''.join(pieces))}".strip()
            pieces.clear()
            if len(text) > limit:
                break
        elif name not in _INLINE:
            pieces.append(" ")
    return text


# The end of a sentence, with closing quotation marks and brackets.
_END = re.compile(r"([.!?…؟।॥።։۔]+|[。！？．｡]+)[\"'»”’)\]」』）]*")
_FULL_WIDTH = "。！？．｡"
_ELLIPSIS = "…"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    # Reserves one character for the space before the ellipsis.
    for end in reversed(list(_END.finditer(text, limit // 2, limit - 1))):
        if _ends(text, end):
            return f"{text[: end.end()]} {_ELLIPSIS}"
    word = text.rfind(" ", limit // 2, limit + 1)
    if word > 0:
        return text[:word].rstrip(" .,;:–—-(") + _ELLIPSIS
    while limit > 0 and not _is_boundary(text, limit):
        limit -= 1
    return text[:limit].rstrip() + _ELLIPSIS


def _ends(text: str, end: re.Match[str]) -> bool:
    """Return whether a mark ends a sentence, unlike those in `3.5`, `J. Smith`, `e.g. this`."""
    mark, after = end[1], text[end.end() :][:2]
    if mark[0] in _FULL_WIDTH:
        return _is_boundary(text, end.end())
    if not after.startswith(" ") or after[1:].islower():
        return False
    word = text[: end.start()].rpartition(" ")[2]
    return mark != "." or not (word[-1:].isdigit() or len(word.split(".")[-1].strip("(\"'“«")) < 2)


_JOINERS = "\u200c\u200d"
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
# Code points that extend a grapheme but are not marks: Hangul vowels and finals, Thai and Lao AM,
# skin tones, the letters of subdivision flags.
_CONTINUES = re.compile(
    "[\u1160-\u11ff\ud7b0-\ud7fb\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


def _is_boundary(text: str, index: int) -> bool:
    """Return whether an index is a grapheme boundary.

    A conservative simplification of Unicode Standard Annex 29.
    """
    before, after = text[index - 1], text[index]
    if before in _JOINERS or after in _JOINERS or _CONTINUES.match(after):
        return False
    if unicodedata.category(after) in {"Mn", "Mc", "Me"}:
        return False
    if unicodedata.combining(before) == 9:  # a virama joins two consonants
        return False
    flag = text[:index]
    return after not in _FLAG_LETTERS or (len(flag) - len(flag.rstrip(_FLAG_LETTERS))) % 2 == 0
