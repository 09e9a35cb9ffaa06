"""Converts texts as stored by WordPress to HTML, which is not sanitised.

WordPress creates paragraphs, and renders shortcodes and dynamic blocks, only when it displays a
text. Those of plugins and themes are left unchanged, because nothing else can render them.
"""

import re
from collections.abc import Callable, Iterator
from html import escape

from feedsvc.importers.records import Record, load_json

_BLOCKS = (
    "address|article|aside|blockquote|center|dd|details|div|dl|dt|fieldset|figcaption|figure|"
    "footer|form|h[1-6]|header|hr|iframe|li|main|nav|object|ol|p|section|summary|"
    "table|tbody|td|tfoot|th|thead|tr|ul|video|audio"
)
_BLOCK = re.compile(
    rf"(?i)<(?P<end>/?)(?P<name>{_BLOCKS})(?=[\s/>])[^<>]*>|<(?P<verbatim>pre|script|style)(?=[\s/>])"
)
_COMMENT = re.compile(r"<!--[^<>]*-->")
_LINE_END = re.compile(r"(?:<br\s*/?>)?[ \t]*\n")
# Bounded by the next bracket, to keep the search linear in long texts.
_CAPTION = re.compile(
    r"(?i)\[caption\b([^\[\]]*)\]\s*((?:<a\b[^<>]*>\s*)?<img\b[^<>]*>(?:\s*</a>)?)([^\[]*)\[/caption\]"
)
_CAPTION_TEXT = re.compile(r"\bcaption=([\"'])(.*?)\1", re.S)
_EMBED = re.compile(r"(?i)\[embed\b[^\[\]]*\]\s*(https?://[^\s\[\]<>\"]+)\s*\[/embed\]")
_MEDIA = re.compile(
    r"(?i)\[(audio|video)\b[^\[\]]*?(?:\s|\b(?:src|mp3|m4a|ogg|wav|flac|mp4|m4v|webm|ogv)=[\"']?)"
    r"(https?://[^\s\[\]<>\"']+)[^\[\]]*\](?:\s*\[/\1\])?"
)
_GALLERY = re.compile(r"(?i)\[gallery\b([^\[\]]*)\]")
_IDS = re.compile(r"\b(?:ids|include)=[\"']?([0-9, ]+)")
_MAX_GALLERIES, _MAX_IMAGES = 100, 300  # in a text, in a gallery
_BLOCK_EDITOR = "<!-- wp:"
_SHORTCODE = re.compile(r"\[(?:gallery|playlist|audio|video|contact-form-7)\b[^\[\]]*\]")
_FOOTNOTES = re.compile(r"<!-- wp:footnotes (?:\{[^<>]*\} )?/-->")
_DYNAMIC = re.compile(r"<!-- (wp:[a-z0-9/-]+) (?:\{[^<>]*\} )?/-->")

# Returns the URLs and captions of images by their numbers, or of all in the post if there are none.
Images = Callable[[list[str]], list[tuple[str, str]]]


def to_html(text: str, images: Images = lambda _: [], footnotes: str = "") -> str:
    """Return the HTML that WordPress would display for a stored text.

    footnotes: as stored by WordPress, in JSON.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _CAPTION.sub(_figure, text)
    text = _EMBED.sub(r'<a href="\1">\1</a>', text)
    text = _MEDIA.sub(r'<\1 src="\2" controls></\1>', text)
    text = _GALLERY.sub(lambda found: _gallery(found, images), text, _MAX_GALLERIES)
    if _BLOCK_EDITOR in text:
        notes = _notes(footnotes) if footnotes else ""
        return _FOOTNOTES.sub(lambda found: notes or found[0], text, count=1)
    return "".join(_pieces(text)).strip()


def left_over(text: str) -> str:
    """Return a shortcode or dynamic block in a text that cannot be rendered; '' without one."""
    if found := _SHORTCODE.search(text):
        return found[0]
    found = _DYNAMIC.search(text)
    return found[1] if found else ""


def gallery_numbers(text: str) -> Iterator[int]:
    """Yield the numbers of the images in the galleries of a stored text."""
    for gallery in _GALLERY.finditer(text):
        if numbers := _IDS.search(gallery[1]):
            yield from map(int, re.findall("[0-9]{1,18}", numbers[1]))


def _notes(stored: str) -> str:
    notes = load_json("", stored.encode())
    items = [
        f'<li id="{escape(note.text("id"))}">{note.text("content")} '
        f'<a href="#{escape(note.text("id"))}-link">↩︎</a></li>'
        for note in (notes.items() if isinstance(notes, Record) else ())
    ]
    return f"<ol>{''.join(items)}</ol>" if items else ""


def _figure(caption: re.Match[str]) -> str:
    attribute = _CAPTION_TEXT.search(caption[1])  # before WordPress 3.4
    text = caption[3].strip() or (attribute[2] if attribute else "")
    return f"<figure>{caption[2]}<figcaption>{text}</figcaption></figure>"


def _gallery(shortcode: re.Match[str], images: Images) -> str:
    numbers = _IDS.search(shortcode[1])
    found = images(re.findall("[0-9]+", numbers[1]) if numbers else [])
    if not 0 < len(found) <= _MAX_IMAGES:
        return shortcode[0]
    return "".join(_image(*image) for image in found)


def _image(url: str, caption: str) -> str:
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return f'<figure><img src="{escape(url)}">{below}</figure>'


def _pieces(text: str) -> Iterator[str]:
    """Yield block elements as they are, and the text between them with paragraphs and breaks."""
    at, is_bare = 0, False
    while tag := _BLOCK.search(text, at):
        yield _between(text[at : tag.start()], is_bare=is_bare)
        at = tag.end()
        if name := tag["verbatim"]:
            close = re.compile(rf"(?i)</{name}\s*>").search(text, at)
            at = close.end() if close else len(text)
        yield text[tag.start() : at]
        # The text of a quote has paragraphs; a table cell or heading has none.
        opened = "" if tag["end"] else (tag["name"] or "").lower()
        is_bare = opened not in {"", "blockquote", "hr"}
    yield _between(text[at:], is_bare=is_bare)


def _between(text: str, *, is_bare: bool) -> str:
    """Return text between two tags of blocks. is_bare: its first part is not a paragraph."""
    parts = list(filter(None, map(str.strip, re.split(r"\n\s*\n", text))))
    if not parts:
        return "\n" if "\n" in text else ""
    blocks = [
        part if _COMMENT.fullmatch(part) else f"<p>{_with_breaks(part)}</p>" for part in parts
    ]
    if is_bare:
        blocks[0] = _with_breaks(parts[0])
        return "\n".join(blocks)
    return "\n" + "\n".join(blocks) + "\n"


def _with_breaks(text: str) -> str:
    return _LINE_END.sub("<br>\n", text)
